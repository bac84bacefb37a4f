//! Event log files, a chunk at a time, by the `evtx` crate that Python's `evtx` package is made of.
//!
//! A chunk in which anything is wrong is left to `stashlight.decoders.formats.evtx`, which says what it was.

use std::sync::Arc;

use evtx::{EvtxChunkData, ParserSettings};
use memchr::memmem;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::mentions::Ids;
use crate::taking::{LayoutSaid, PickSaid, Taken, Taking};

/// What became of a chunk's records: skipped, taken; those that others look at (record id, JSON).
type Outcome<'py> = (usize, usize, Vec<(u64, Bound<'py, PyBytes>)>);

#[pyclass(module = "stashlight._native")]
pub struct Chunks {
    wanted: Ids,
    most: usize,
    settings: Arc<ParserSettings>,
    taking: Taking,
}

#[pymethods]
impl Chunks {
    /// Of the records those with an id that is `wanted` are looked at; a chunk has `most` at most.
    #[new]
    fn new(wanted: Vec<u32>, most: usize, layouts: Vec<LayoutSaid>, picks: Vec<PickSaid>) -> Self {
        let settings = Arc::new(ParserSettings::default().num_threads(1).indent(false));
        Self { wanted: Ids::new(&wanted), most, settings, taking: Taking::new(layouts, picks) }
    }

    /// Take what follows as of this file; with 0 forget all before.
    fn begin(&mut self, py: Python<'_>, file: u32) -> PyResult<()> {
        self.taking.begin(py, file)
    }

    /// Rows taken and not given yet, and the bytes of their records.
    #[getter]
    fn waiting(&self) -> (usize, usize) {
        self.taking.waiting
    }

    /// Give the rows taken so far, and begin anew.
    fn take<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Taken<'py>>> {
        self.taking.give(py)
    }

    /// Look at the records of a chunk; None if they are not so many, or one cannot be read: then nothing was taken.
    fn read<'py>(&mut self, py: Python<'py>, chunk: &[u8], expected: usize) -> Option<Outcome<'py>> {
        let records = self.records(chunk)?;
        if records.len() != expected {
            return None;
        }
        let (mut skipped, mut taken, mut others) = (0, 0, Vec::new());
        for (number, text) in records {
            if event_id(&text).is_some_and(|id| !self.wanted.has(id)) {
                skipped += 1;
            } else if i64::try_from(number).is_ok_and(|position| self.taking.add(&text, position)) {
                taken += 1;
            } else {
                others.push((number, PyBytes::new(py, &text)));
            }
        }
        Some((skipped, taken, others))
    }
}

impl Chunks {
    fn records(&self, chunk: &[u8]) -> Option<Vec<(u64, Vec<u8>)>> {
        let mut data = EvtxChunkData::new(chunk.to_vec(), false).ok()?;
        let mut chunk = data.parse(Arc::clone(&self.settings)).ok()?;
        let mut records = Vec::new();
        for record in chunk.iter() {
            let said = record.ok()?.into_json_bytes().ok()?;
            records.push((said.event_record_id, said.data));
            if records.len() > self.most {
                return None;
            }
        }
        Some(records)
    }
}

/// Give the number that a record says first: `{"EventID":11,` or `{"EventID":{"#attributes":{…},"#text":325}`.
fn event_id(text: &[u8]) -> Option<u32> {
    let rest = &text[memmem::find(text, b"\"EventID\":")? + 10..];
    let rest = match rest.strip_prefix(b"{") {
        None => rest,
        Some(inside) => {
            let inside = match inside.strip_prefix(b"\"#attributes\":{") {
                None => inside,
                Some(attributes) => {
                    let end = attributes.iter().position(|b| matches!(b, b'{' | b'}'))?;
                    attributes[end..].strip_prefix(b"},")?
                }
            };
            inside.strip_prefix(b"\"#text\":")?
        }
    };
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || digits > 9 {
        return None;
    }
    Some(rest[..digits].iter().fold(0, |sum, b| sum * 10 + u32::from(b - b'0')))
}
