//! Event log files, a chunk at a time, by the `evtx` crate that Python's `evtx` package is made of.
//!
//! A chunk in which anything is wrong is left to `stashlight.decoders.formats.evtx`, which says what it was.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use evtx::{EvtxChunk, EvtxChunkHeader, ParserSettings};
use memchr::memmem;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};

use crate::logs;
use crate::mentions::Ids;
use crate::numbers::Numbers;
use crate::taking::{LayoutSaid, PickSaid, Taken, Taking};

/// What became of a chunk's records: skipped, taken; those that others look at (record id, JSON).
type Outcome<'py> = (usize, usize, Vec<(u64, Bound<'py, PyBytes>)>);

/// Record ids and JSON, in the order of the file, and how many nobody wants.
#[derive(Default)]
struct Records {
    written: Vec<(u64, Vec<u8>)>,
    skipped: usize,
}

impl Records {
    fn len(&self) -> usize {
        self.written.len() + self.skipped
    }
}

/// Of a file whose records have more bytes of JSON than this, others hold one chunk at a time.
const MOST_TEXT: usize = 32 << 20;

#[pyclass(module = "stashlight._native")]
pub struct Chunks {
    wanted: Ids,
    most: usize,
    settings: Arc<ParserSettings>,
    taking: Taking,
    content: Vec<u8>,
}

#[pymethods]
impl Chunks {
    /// Of the records those with an id that is `wanted` are looked at; a chunk has `most` at most.
    #[new]
    fn new(wanted: Vec<u32>, most: usize, layouts: Vec<LayoutSaid>, picks: Vec<PickSaid>, known: Vec<String>) -> Self {
        let settings = Arc::new(ParserSettings::default().num_threads(1).indent(false));
        let taking = Taking::new(layouts, picks, known);
        Self { wanted: Ids::new(&wanted), most, settings, taking, content: Vec::new() }
    }

    /// Take what follows as of this file; with 0 forget all before.
    fn begin(&mut self, py: Python<'_>, file: u32) -> PyResult<()> {
        self.taking.begin(py, file)
    }

    /// Rows taken and not given yet, and the bytes that they hold.
    #[getter]
    fn waiting(&self) -> (usize, usize) {
        self.taking.waiting
    }

    /// Give who logged records that mean nothing to anyone, the events' numbers and how many, and begin anew.
    fn strangers(&mut self) -> Vec<(String, u32, usize)> {
        self.taking.strangers()
    }

    /// Give the rows taken so far, and begin anew.
    fn take<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Taken<'py>>> {
        self.taking.give(py)
    }

    /// Look at the records of a chunk; None if they are not so many, or one cannot be read: then nothing was taken.
    fn read<'py>(&mut self, py: Python<'py>, chunk: &[u8], expected: usize) -> Option<Outcome<'py>> {
        let mut records = Records::default();
        self.records(chunk, expected, &mut records)?;
        Some(self.sorted(py, &records))
    }

    /// Look at whole files of `paths`, from number `start` on, each taken as of the file of its number; give of each its
    /// bytes and what became of its records. The first that is not as it should be ends that, and nothing of it was
    /// taken; so does the one with which so many `rows` wait, or `bytes` of records.
    fn files<'py>(
        &mut self,
        py: Python<'py>,
        paths: &Bound<'py, PyList>,
        start: usize,
        rows: usize,
        bytes: usize,
    ) -> PyResult<Vec<(usize, Outcome<'py>)>> {
        let mut found = Vec::new();
        let mut others = 0;
        for number in start..paths.len() {
            let path: PathBuf = paths.get_item(number)?.extract()?;
            let Some((size, records)) = self.file(&path) else { break };
            self.taking.begin(py, u32::try_from(number)?)?;
            let outcome = self.sorted(py, &records);
            others += outcome.2.iter().map(|(_, text)| text.len().unwrap_or(0)).sum::<usize>();
            found.push((size, outcome));
            let (taken, size) = self.taking.waiting;
            if taken >= rows || size + others >= bytes {
                break;
            }
        }
        Ok(found)
    }
}

impl Chunks {
    /// Pass over the records that nobody wants, take the plain ones, and give the others.
    fn sorted<'py>(&mut self, py: Python<'py>, records: &Records) -> Outcome<'py> {
        let (mut skipped, mut taken, mut others) = (records.skipped, 0, Vec::new());
        for (number, text) in &records.written {
            if event_id(text).is_some_and(|id| !self.wanted.has(id)) {
                skipped += 1;
            } else if i64::try_from(*number).is_ok_and(|position| self.taking.add(text, position)) {
                taken += 1;
            } else {
                others.push((*number, PyBytes::new(py, text)));
            }
        }
        (skipped, taken, others)
    }

    /// Give the size of a log and all its records; none if it is not as it should be.
    fn file(&mut self, path: &Path) -> Option<(usize, Records)> {
        let mut content = std::mem::take(&mut self.content);
        let records = logs::read(path, &mut content).then(|| self.promised(&content)).flatten();
        let size = content.len();
        self.content = content;
        Some((size, records?))
    }

    fn promised(&self, content: &[u8]) -> Option<Records> {
        let mut records = Records::default();
        let mut size = 0;
        for (chunk, expected) in logs::chunks(content, self.most)? {
            size += self.records(chunk, expected, &mut records)?;
            if size > MOST_TEXT {
                return None;
            }
        }
        Some(records)
    }

    /// Add the records of a chunk, and give how many bytes they have; none if they are not so many, or one is damaged.
    fn records(&self, chunk: &[u8], expected: usize, records: &mut Records) -> Option<usize> {
        let header = EvtxChunkHeader::from_bytes(chunk).ok()?;
        let mut parsed = EvtxChunk::new(chunk, &header, Arc::clone(&self.settings)).ok()?;
        let mut numbers = Numbers::default();
        let before = records.len();
        let mut size = 0;
        for record in parsed.iter() {
            let record = record.ok()?;
            let at = usize::try_from(record.binxml_offset).ok()?;
            let bytes = chunk.get(at..at.checked_add(record.binxml_size as usize)?)?;
            if numbers.of(chunk, at, bytes).is_some_and(|id| !self.wanted.has(id)) {
                records.skipped += 1;
            } else {
                let said = record.into_json_bytes().ok()?;
                numbers.learn(chunk, at, bytes, event_id(&said.data));
                size += said.data.len();
                records.written.push((said.event_record_id, said.data));
            }
            if records.len() - before > self.most.min(expected) {
                return None;
            }
        }
        (records.len() - before == expected).then_some(size)
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
