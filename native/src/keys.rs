//! Keys of events: BLAKE2b of their records, several at once, since one alone leaves most of a core's width unused.

use blake2b_simd::Params;
use blake2b_simd::many::{HashManyJob, hash_many};

pub type Key = [u8; 16];

/// Records, and bytes of them, that wait before they are hashed; more would leave the cache.
const MOST_RECORDS: usize = 64;
const MOST_BYTES: usize = 1 << 17;

/// Records whose keys are not known yet, with the number of what they are for.
#[derive(Default)]
pub struct Keys {
    records: Vec<u8>,
    ends: Vec<(usize, usize)>,
}

impl Keys {
    pub fn add(&mut self, of: usize, record: &[u8]) {
        self.records.extend_from_slice(record);
        self.ends.push((of, self.records.len()));
    }

    /// Tell whether it is time to ask for the keys.
    pub fn is_full(&self) -> bool {
        self.ends.len() >= MOST_RECORDS || self.records.len() >= MOST_BYTES
    }

    /// Give the keys in the order of the records, and begin anew.
    pub fn take(&mut self) -> Vec<(usize, Key)> {
        let mut params = Params::new();
        params.hash_length(size_of::<Key>());
        let mut start = 0;
        let mut jobs: Vec<HashManyJob<'_>> = Vec::with_capacity(self.ends.len());
        for &(_, end) in &self.ends {
            jobs.push(HashManyJob::new(&params, &self.records[start..end]));
            start = end;
        }
        hash_many(jobs.iter_mut());
        let keys = self.ends.iter().zip(&jobs).map(|(&(of, _), job)| {
            let mut key = Key::default();
            key.copy_from_slice(job.to_hash().as_bytes());
            (of, key)
        });
        let keys = keys.collect();
        self.records.clear();
        self.ends.clear();
        keys
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_they_are_what_each_is_alone() {
        let mut keys = Keys::default();
        let records: Vec<Vec<u8>> = (0..9).map(|n| vec![n; usize::from(n) * 77]).collect();
        for (of, record) in records.iter().enumerate() {
            keys.add(of, record);
        }
        let alone = records.iter().map(|record| Params::new().hash_length(16).hash(record).as_bytes().to_vec());
        let alone: Vec<(usize, Vec<u8>)> = alone.enumerate().collect();
        let found: Vec<(usize, Vec<u8>)> = keys.take().into_iter().map(|(of, key)| (of, key.to_vec())).collect();
        assert_eq!(found, alone);
        assert!(keys.take().is_empty());
    }
}
