//! The number of a record's event, where it can be told without writing the record out.
//!
//! A record is a template and values for its gaps. Where the number's gap is, is looked up once for each template of a
//! chunk, and believed only if the first record of that template, written out, says the same.
//! Source: <https://github.com/libyal/libevtx/blob/main/documentation/Windows%20XML%20Event%20Log%20(EVTX).asciidoc>

use hashbrown::HashMap;

const NAME: &[u8] = b"E\0v\0e\0n\0t\0I\0D\0";
const UINT16: u8 = 0x06;

/// Place of a template in its chunk → which of the values is the number; none where that is not sure.
#[derive(Default)]
pub struct Numbers(HashMap<u32, Option<u16>>);

impl Numbers {
    /// Give the number of the event in `record`, which starts at `at` in its chunk; none where it must be written out.
    pub fn of(&self, chunk: &[u8], at: usize, record: &[u8]) -> Option<u32> {
        let instance = instance(chunk, at, record)?;
        let gap = (*self.0.get(&instance.template)?)?;
        instance.value(gap)
    }

    /// Learn from a record that was written out, and said this number.
    pub fn learn(&mut self, chunk: &[u8], at: usize, record: &[u8], said: Option<u32>) {
        let Some(instance) = instance(chunk, at, record) else { return };
        self.0.entry(instance.template).or_insert_with(|| {
            let gap = gap(chunk, instance.template)?;
            (said.is_some() && instance.value(gap) == said).then_some(gap)
        });
    }
}

/// A record's template, and what stands in its gaps: four bytes for each (length, type), then the values.
struct Instance<'a> {
    template: u32,
    kinds: &'a [[u8; 4]],
    values: &'a [u8],
}

impl Instance<'_> {
    fn value(&self, gap: u16) -> Option<u32> {
        let [low, high, kind, _] = *self.kinds.get(usize::from(gap))?;
        let before = self.kinds[..usize::from(gap)].iter().map(|&[low, high, ..]| usize::from(two([low, high]))).sum();
        if kind != UINT16 || two([low, high]) != 2 {
            return None;
        }
        Reader(self.values, before).two().map(u32::from)
    }
}

fn instance<'a>(chunk: &[u8], at: usize, record: &'a [u8]) -> Option<Instance<'a>> {
    let mut reader = Reader(record, 0);
    if reader.take(5)? != [0x0f, 1, 1, 0, 0x0c] {
        return None;
    }
    reader.skip(1 + 4)?;
    let template = reader.four()?;
    // The first record that has a template brings it along.
    if at + reader.1 == template as usize {
        let size = Reader(chunk, template as usize + 20).four()?;
        reader.skip(24 + size as usize)?;
    }
    let gaps = reader.four()? as usize;
    let kinds = reader.take(gaps.checked_mul(4)?)?.as_chunks::<4>().0;
    Some(Instance { template, kinds, values: &record[reader.1..] })
}

/// Find the gap that is all there is in a template's element `EventID`.
fn gap(chunk: &[u8], template: u32) -> Option<u16> {
    let start = template as usize;
    let size = Reader(chunk, start + 20).four()? as usize;
    let mut reader = Reader(chunk.get(..start + 24 + size)?, start + 24);
    let mut is_number = false;
    loop {
        match reader.one()? {
            0x0f => reader.skip(3)?,
            token @ (0x01 | 0x41) => {
                reader.skip(2 + 4)?;
                is_number = reader.name(chunk)? == NAME;
                reader.skip(if token == 0x41 { 4 } else { 0 })?;
            }
            0x02 if is_number => {
                // Then the end of the element follows.
                return match *reader.take(5)? {
                    [0x0d | 0x0e, low, high, UINT16, 0x04] => Some(two([low, high])),
                    _ => None,
                };
            }
            0x02..=0x04 => {}
            0x05 | 0x45 => {
                if reader.one()? != 1 {
                    return None; // not a text
                }
                let letters = reader.two()?;
                reader.skip(2 * usize::from(letters))?;
            }
            0x06 | 0x46 => {
                reader.name(chunk)?;
            }
            0x0d | 0x0e => reader.skip(3)?,
            _ => return None,
        }
    }
}

/// Bytes, and how far they were read.
struct Reader<'a>(&'a [u8], usize);

impl<'a> Reader<'a> {
    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let taken = self.0.get(self.1..self.1.checked_add(size)?)?;
        self.1 += size;
        Some(taken)
    }

    fn skip(&mut self, size: usize) -> Option<()> {
        self.take(size).map(|_| ())
    }

    fn one(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn two(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| two([bytes[0], bytes[1]]))
    }

    fn four(&mut self) -> Option<u32> {
        self.take(4).map(|bytes| u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Give a name by where it stands in the chunk; it may follow right here.
    fn name(&mut self, chunk: &'a [u8]) -> Option<&'a [u8]> {
        let place = self.four()? as usize;
        let mut there = Reader(chunk, place);
        there.skip(4 + 2)?;
        let letters = there.two()?;
        let name = there.take(2 * usize::from(letters))?;
        if place == self.1 {
            self.skip(4 + 2 + 2 + 2 * usize::from(letters) + 2)?;
        }
        Some(name)
    }
}

fn two(bytes: [u8; 2]) -> u16 {
    u16::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATE: usize = 200;

    /// A chunk with a name and a template in it, whose fourth gap is the event's number.
    fn chunk() -> Vec<u8> {
        let mut chunk = vec![0; 1000];
        chunk[106..108].copy_from_slice(&7u16.to_le_bytes());
        chunk[108..122].copy_from_slice(NAME);
        let body = [0x0f, 1, 1, 0, 0x01, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0x02, 0x0d, 3, 0, 6, 0x04, 0];
        chunk[TEMPLATE + 20] = u8::try_from(body.len()).unwrap();
        chunk[TEMPLATE + 24..][..body.len()].copy_from_slice(&body);
        chunk
    }

    fn head() -> Vec<u8> {
        [&[0x0f, 1, 1, 0, 0x0c, 1, 9, 9, 9, 9][..], &(TEMPLATE as u32).to_le_bytes()].concat()
    }

    fn gaps(id: u16, kind: u8) -> Vec<u8> {
        let kinds = [4, 0, 0, 0, 1, 0, 4, 0, 1, 0, 4, 0, 1, 0, 4, 0, 2, 0, kind, 0];
        [&kinds[..], &[7, 8, 9], &id.to_le_bytes()].concat()
    }

    fn record(id: u16, kind: u8) -> Vec<u8> {
        [head(), gaps(id, kind)].concat()
    }

    #[test]
    fn a_number_is_told_once_a_record_said_the_same() {
        let chunk = chunk();
        let mut numbers = Numbers::default();
        assert_eq!(numbers.of(&chunk, 600, &record(11, UINT16)), None);
        numbers.learn(&chunk, 600, &record(11, UINT16), Some(11));
        assert_eq!(numbers.of(&chunk, 700, &record(4103, UINT16)), Some(4103));
        assert_eq!(numbers.of(&chunk, 700, &record(4103, 1)), None);
        assert_eq!(numbers.of(&chunk, 700, &record(4103, UINT16)[..30]), None);
    }

    #[test]
    fn a_record_that_said_something_else_is_not_believed() {
        let chunk = chunk();
        for said in [Some(12), None] {
            let mut numbers = Numbers::default();
            numbers.learn(&chunk, 600, &record(11, UINT16), said);
            numbers.learn(&chunk, 600, &record(11, UINT16), Some(11));
            assert_eq!(numbers.of(&chunk, 600, &record(11, UINT16)), None);
        }
    }

    #[test]
    fn a_record_may_bring_its_template() {
        let mut chunk = chunk();
        let at = TEMPLATE - head().len();
        chunk[at..TEMPLATE].copy_from_slice(&head());
        let end = TEMPLATE + 24 + usize::from(chunk[TEMPLATE + 20]);
        let record = [&chunk[at..end], &gaps(5, UINT16)].concat();
        let mut numbers = Numbers::default();
        numbers.learn(&chunk, at, &record, Some(5));
        assert_eq!(numbers.of(&chunk, at, &record), Some(5));
    }

    #[test]
    fn what_is_cut_off_says_nothing() {
        let (chunk, record) = (chunk(), record(11, UINT16));
        for end in 0..chunk.len() {
            let mut numbers = Numbers::default();
            numbers.learn(&chunk[..end], 600, &record, Some(11));
            assert!(end > TEMPLATE + 40 || numbers.of(&chunk[..end], 600, &record).is_none());
        }
    }
}
