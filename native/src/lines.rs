//! One JSON object a line: cut a buffer into lines, pass over those that nobody wants, take the values of plain ones.
//!
//! The same as `stashlight.decoders.json_lines` does; what is not plain is given to it, by where it stands.

use hashbrown::HashSet;
use memchr::memmem::Finder;
use memchr::{memchr, memchr_iter};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use crate::asking::Asking;
use crate::mentions::Mentions;
use crate::taking::{LayoutSaid, PickSaid, Taken, Taking};

/// What became of some lines: passed over, spared, taken; the last spared and those that others look at (number, start, stop).
type Outcome = (usize, usize, usize, Option<(usize, usize, usize)>, Vec<(usize, usize, usize)>);

#[pyclass(module = "stashlight._native")]
pub struct Lines {
    mentions: Mentions,
    mark: Box<Finder<'static>>,
    asking: Option<Asking>,
    fields: Vec<Field>,
    escape: Box<Finder<'static>>,
    longest: usize,
    taking: Taking,
    first: bool,
}

#[pymethods]
impl Lines {
    /// `holds` tells of the bytes of a line with `mark` whether it may be of interest, if its only id is one of `asked`;
    /// what it finds has `reach` letters of base64 side by side at most.
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        wanted: Vec<u32>,
        asked: Vec<u32>,
        mark: Vec<u8>,
        holds: Option<Py<PyAny>>,
        reach: Option<usize>,
        longest: usize,
        fields: Vec<(u32, String, Vec<String>)>,
        layouts: Vec<LayoutSaid>,
        picks: Vec<PickSaid>,
        known: Vec<String>,
    ) -> Self {
        Self {
            mentions: Mentions::new(&wanted, &asked),
            mark: Box::new(Finder::new(&mark).into_owned()),
            asking: holds.map(|holds| Asking::new(holds, reach)),
            fields: fields.into_iter().map(|(id, name, unless)| Field::new(id, &name, unless)).collect(),
            escape: Box::new(Finder::new(b"\\u")),
            longest,
            taking: Taking::new(layouts, picks, known),
            first: false,
        }
    }

    /// Take what follows as of this file; with 0 forget all before.
    fn begin(&mut self, py: Python<'_>, file: u32) -> PyResult<()> {
        self.first = false;
        self.taking.begin(py, file)
    }

    /// Rows taken and not given yet, and the bytes that they hold.
    #[getter]
    fn waiting(&self) -> (usize, usize) {
        self.taking.waiting
    }

    /// Look at the lines of `buffer[start:end]`, which ends with a newline; `line` were before.
    fn cut(
        &mut self,
        py: Python<'_>,
        buffer: &Bound<'_, PyByteArray>,
        start: usize,
        end: usize,
        line: usize,
    ) -> PyResult<Outcome> {
        // SAFETY: nobody else has the buffer while this runs: the interpreter is held, and `holds` gets a copy.
        #[allow(unsafe_code)]
        let whole = unsafe { buffer.as_bytes() };
        let (mut at, mut number) = (start, line);
        let (mut passed, mut spared, mut taken, mut last, mut others) = (0, 0, 0, None, Vec::new());
        while at < end {
            let stop = memchr(b'\n', &whole[at..end]).map_or(end, |n| at + n);
            number += 1;
            let bytes = &whole[at..stop];
            match self.fate(py, bytes, number)? {
                Fate::Passed => passed += 1,
                Fate::Spared => {
                    spared += 1;
                    last = Some((number, at, stop));
                }
                Fate::Taken => taken += 1,
                Fate::Others => others.push((number, at, stop)),
            }
            at = stop + 1;
        }
        Ok((passed, spared, taken, last, others))
    }

    /// Give who logged records that mean nothing to anyone, the events' numbers and how many, and begin anew.
    fn strangers(&mut self) -> Vec<(String, u32, usize)> {
        self.taking.strangers()
    }

    /// Give the rows taken so far, and begin anew.
    fn take<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Taken<'py>>> {
        self.taking.give(py)
    }
}

enum Fate {
    Passed,
    Spared,
    Taken,
    Others,
}

impl Lines {
    fn fate(&mut self, py: Python<'_>, line: &[u8], number: usize) -> PyResult<Fate> {
        let judged = self.mentions.judge(line);
        if !matches!(line.last(), Some(b'}' | b'\r')) || line.len() > self.longest {
            return Ok(Fate::Others);
        }
        if judged.unwanted && !judged.more && judged.asked == 0 {
            return Ok(Fate::Passed);
        }
        if judged.asked == 1 && !judged.more && self.mark.find(line).is_some() && !self.may_hold(py, line, judged.id)? {
            if self.first {
                return Ok(Fate::Spared);
            }
            self.first = true;
        }
        let position = i64::try_from(number).unwrap_or(i64::MAX);
        Ok(if self.taking.add(trimmed(line), position) { Fate::Taken } else { Fate::Others })
    }

    /// Ask the part of a line that matters: see `stashlight.decoders.json_bodies.text_of`.
    fn may_hold(&mut self, py: Python<'_>, line: &[u8], id: u32) -> PyResult<bool> {
        let Some(asking) = &mut self.asking else { return Ok(true) };
        let field = self.fields.iter().find(|field| field.id == id);
        let text = field.and_then(|field| field.text(line, &self.escape));
        // A message tells when it was, or the like: none is as another.
        let repeats = text.is_some() && field.is_some_and(|field| field.unless.is_empty());
        match text {
            Some([]) => Ok(false),
            _ => asking.may_hold(py, text.unwrap_or(line), repeats),
        }
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    let is_blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | 0);
    let start = line.iter().take_while(|b| is_blank(b)).count();
    let end = line.iter().rev().take_while(|b| is_blank(b)).count();
    if start == line.len() { &[] } else { &line[start..line.len() - end] }
}

/// Where the text that is asked stands, by event id.
struct Field {
    id: u32,
    /// Its key, in quotes.
    key: Finder<'static>,
    unless: HashSet<Vec<u8>>,
    /// The first letters of these.
    initials: [bool; 256],
}

impl Field {
    fn new(id: u32, name: &str, unless: Vec<String>) -> Self {
        let key = Finder::new(&format!("\"{name}\"")).into_owned();
        let unless: HashSet<_> = unless.into_iter().map(String::into_bytes).collect();
        let mut initials = [false; 256];
        unless.iter().filter_map(|name| name.first()).for_each(|&letter| initials[usize::from(letter)] = true);
        Self { id, key, unless, initials }
    }

    /// Give the text with its quotes, nothing if there is none; none if that cannot be told.
    fn text<'a>(&self, line: &'a [u8], escape: &Finder<'_>) -> Option<&'a [u8]> {
        let Some(at) = self.key.find(line) else {
            let is_sure = !self.unless.is_empty() && escape.find(line).is_none() && !self.is_elsewhere(line);
            return is_sure.then_some(&[]);
        };
        let start = at + self.key.needle().len() + 1;
        if at < 1
            || line[at - 1] == b'\\'
            || line.get(start - 1..=start) != Some(b":\"")
            || self.key.find(&line[start..]).is_some()
            || escape.find(line).is_some()
        {
            return None;
        }
        let mut end = start + 1;
        loop {
            end += memchr(b'"', line.get(end..)?)?;
            let escapes = line[start + 1..end].iter().rev().take_while(|b| **b == b'\\').count();
            end += 1;
            if escapes % 2 == 0 {
                let is_sure = !self.is_elsewhere(&line[..start]) && !self.is_elsewhere(&line[end..]);
                return is_sure.then_some(&line[start..end]);
            }
        }
    }

    /// Tell whether one of the other names stands there in quotes.
    fn is_elsewhere(&self, part: &[u8]) -> bool {
        if self.unless.is_empty() {
            return false;
        }
        let mut quotes = memchr_iter(b'"', part);
        let Some(mut last) = quotes.next() else { return false };
        quotes.any(|quote| {
            let name = &part[last + 1..quote];
            last = quote;
            name.first().is_some_and(|&letter| self.initials[usize::from(letter)]) && self.unless.contains(name)
        })
    }
}
