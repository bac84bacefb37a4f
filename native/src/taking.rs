//! Records in, rows by columns out: what the readers of every container share.

use hashbrown::HashMap;
use memchr::memmem;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use simd_json::{Buffers, Tape};

use crate::picks::{Layout, Pick, Picks, Rows, Slot};

/// present, some, absent, prose, short, (provider, event id), told, data: see `picks::Layout`.
pub type LayoutSaid = (
    Vec<String>,
    Vec<String>,
    Vec<String>,
    Vec<String>,
    Vec<(String, usize)>,
    (String, Vec<String>),
    Vec<(Option<String>, bool)>,
    Option<String>,
);

/// layout, providers (folded), event id, slots (how, names), only: see `picks::Pick`.
pub type PickSaid = (usize, Vec<String>, u32, Vec<(String, Vec<String>)>, Vec<(String, Vec<String>)>);

/// Of one pick: its number, others, files, keys, positions, the bytes it holds, and codes and values of each column.
pub type Taken<'py> =
    (usize, usize, Bound<'py, PyBytes>, Bound<'py, PyList>, Bound<'py, PyBytes>, usize, Bound<'py, PyList>);

pub struct Taking {
    picks: Picks,
    buffers: Buffers,
    copy: Vec<u8>,
    tape: Tape<'static>,
    // Boxed: see `mentions`.
    escapes: Box<memmem::Finder<'static>>,
    file: u32,
    /// Rows taken and not given yet, and the bytes that they hold.
    pub waiting: (usize, usize),
}

impl Taking {
    /// `known` are all providers of whose records any may mean something; of others they are only counted.
    pub fn new(layouts: Vec<LayoutSaid>, picks: Vec<PickSaid>, known: Vec<String>) -> Self {
        let mut picks = understood(layouts, picks);
        picks.known.extend(known);
        Self {
            picks,
            buffers: Buffers::default(),
            copy: Vec::new(),
            tape: Tape(Vec::new()),
            escapes: Box::new(memmem::Finder::new(b"\\u")),
            file: 0,
            waiting: (0, 0),
        }
    }

    /// Take a record in; false if it is not plain, and somebody else must look at it.
    pub fn add(&mut self, content: &[u8], position: i64) -> bool {
        // Escaped halves of surrogate pairs: not everybody reads them alike.
        if content.first() != Some(&b'{') || self.has_surrogate(content) {
            return false;
        }
        self.copy.clear();
        self.copy.extend_from_slice(content);
        let mut tape = std::mem::replace(&mut self.tape, Tape(Vec::new())).reset();
        let is_taken = simd_json::fill_tape(&mut self.copy, &mut self.buffers, &mut tape).is_ok()
            && self.picks.take(&tape, position, self.file, content);
        self.tape = tape.reset();
        if is_taken {
            self.waiting = (self.waiting.0 + 1, self.picks.held);
        }
        is_taken
    }

    fn has_surrogate(&self, content: &[u8]) -> bool {
        self.escapes.find_iter(content).any(|at| matches!(content.get(at + 2), Some(b'd' | b'D')))
    }

    /// Take what follows as of this file; with 0 forget all before.
    pub fn begin(&mut self, py: Python<'_>, file: u32) -> PyResult<()> {
        self.file = file;
        if file == 0 && self.waiting.0 > 0 {
            self.give(py)?;
        }
        if file == 0 {
            self.picks.strangers.clear();
        }
        Ok(())
    }

    /// Give who logged records that mean nothing to anyone, the events' numbers and how many, and begin anew.
    pub fn strangers(&mut self) -> Vec<(String, u32, usize)> {
        self.picks.strangers.drain().map(|((provider, id), records)| (provider, id, records)).collect()
    }

    /// Give the rows taken so far, and begin anew.
    pub fn give<'py>(&mut self, py: Python<'py>) -> PyResult<Vec<Taken<'py>>> {
        self.waiting = (0, 0);
        self.picks.held = 0;
        self.picks.settle();
        let mut all = Vec::new();
        for (number, pick) in self.picks.picks.iter_mut().enumerate() {
            let rows = &mut pick.rows;
            let others = std::mem::take(&mut rows.others);
            if rows.keys.is_empty() && others == 0 {
                continue;
            }
            let files: Vec<u8> = rows.files.drain(..).flat_map(u32::to_ne_bytes).collect();
            let keys = PyList::new(py, rows.keys.drain(..).map(hex))?;
            let positions: Vec<u8> = rows.positions.drain(..).flat_map(i64::to_ne_bytes).collect();
            let columns = rows.columns.iter_mut().map(|column| column.take(py)).collect::<PyResult<Vec<_>>>()?;
            let bytes = std::mem::take(&mut rows.bytes);
            let (files, positions) = (PyBytes::new(py, &files), PyBytes::new(py, &positions));
            all.push((number, others, files, keys, positions, bytes, PyList::new(py, columns)?));
        }
        Ok(all)
    }
}

fn hex(key: [u8; 16]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    key.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[digit as usize])).collect()
}

fn understood(layouts: Vec<LayoutSaid>, picks: Vec<PickSaid>) -> Picks {
    let mut all = Picks::default();
    for (present, some, absent, prose, short, (provider, event_id), told, data) in layouts {
        let mut numbers = |paths: &[String]| -> Vec<u16> { paths.iter().map(|path| all.beside(path)).collect() };
        let layout = Layout {
            present: numbers(&present),
            some: numbers(&some),
            absent: numbers(&absent),
            prose: numbers(&prose),
            event_id: numbers(&event_id),
            short: short.iter().map(|(path, most)| (all.beside(path), *most)).collect(),
            provider: all.beside(&provider),
            told: told.iter().map(|(path, must)| (path.as_deref().map(|p| all.beside(p)), *must)).collect(),
            data: data.as_deref().map(|path| all.beside(path)),
        };
        all.layouts.push(layout);
        all.by_event.push(HashMap::new());
    }
    for (layout, providers, event_id, slots, only) in picks {
        let slots = slots.iter().map(|(how, names)| slot(&mut all, how, names)).collect();
        let only = only.into_iter().map(|(name, values)| (all.field(&name), values)).collect();
        for provider in providers {
            all.by_event[layout].entry(provider).or_default().insert(event_id, all.picks.len());
        }
        all.picks.push(Pick { slots, only, rows: Rows::default() });
    }
    all.ready();
    all
}

fn slot(all: &mut Picks, how: &str, names: &[String]) -> Slot {
    match (how, names) {
        (_, []) => Slot::None,
        ("first", _) => Slot::First(names.iter().map(|path| all.beside(path)).collect()),
        ("some", _) => Slot::Some(names.iter().map(|path| all.beside(path)).collect()),
        ("beside", [path, ..]) => Slot::Beside(all.beside(path)),
        (_, [name, ..]) => Slot::Field(all.field(name)),
    }
}
