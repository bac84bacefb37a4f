//! Texts that are asked whether they may hold something of interest; what repeats is asked once.
//!
//! Logs of scripts repeat themselves: the same statement runs a thousand times, and each record of a session names the
//! same encoded command of some kilobytes. Answers are kept with the bytes they were given for, so that they are exact.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

/// Letters that are left of a run at each of its ends, and how many letters are looked at together.
const STEP: usize = 128;
/// A run of fewer letters is asked where it stands.
const SHORTEST: usize = 4 * STEP;
/// A text of more bytes is not remembered,
const LONGEST: usize = 1 << 16;
/// and all are forgotten once they have so many together.
const MOST: usize = 4 << 20;
/// Stands where a run was shortened: no text in JSON has it, so nothing is found across it.
const SEAM: u8 = 1;

pub struct Asking {
    holds: Py<PyAny>,
    shortens: bool,
    known: Known,
    short: Vec<u8>,
}

impl Asking {
    /// `reach` letters of base64 side by side, at most, are in what `holds` finds in a text; none if there is no bound.
    pub fn new(holds: Py<PyAny>, reach: Option<usize>) -> Self {
        // One more: of an escape before a run its last letter is one of the run's.
        let shortens = reach.is_some_and(|most| most < STEP);
        Self { holds, shortens, known: Known::default(), short: Vec::new() }
    }

    /// Ask about a text; one that `repeats` is remembered.
    pub fn may_hold(&mut self, py: Python<'_>, text: &[u8], repeats: bool) -> PyResult<bool> {
        if repeats && text.len() <= LONGEST {
            return self.once(py, text);
        }
        if !self.shortens || text.len() < SHORTEST {
            return self.ask(py, text);
        }
        // What is found is in a run, or takes less than a step of it: so each run is asked alone, and shortened to its ends.
        let mut short = std::mem::take(&mut self.short);
        short.clear();
        let (mut at, mut told) = (0, 0);
        while let Some((start, end)) = run(text, at) {
            at = end;
            if end - start > LONGEST {
                continue;
            }
            if self.once(py, &text[start..end])? {
                return Ok(true);
            }
            short.extend_from_slice(&text[told..start + STEP]);
            short.push(SEAM);
            told = end - STEP;
        }
        short.extend_from_slice(&text[told..]);
        let answer = self.ask(py, &short);
        self.short = short;
        answer
    }

    fn once(&mut self, py: Python<'_>, text: &[u8]) -> PyResult<bool> {
        if let Some(answer) = self.known.answer(text) {
            return Ok(answer);
        }
        let answer = self.ask(py, text)?;
        self.known.keep(text, answer);
        Ok(answer)
    }

    fn ask(&self, py: Python<'_>, text: &[u8]) -> PyResult<bool> {
        self.holds.call1(py, (PyBytes::new(py, text),))?.is_truthy(py)
    }
}

/// Texts one after another, and for each where it starts, how long it is, and what was answered.
#[derive(Default)]
struct Known {
    texts: Vec<u8>,
    places: HashTable<(usize, usize, bool)>,
    hasher: DefaultHashBuilder,
}

impl Known {
    fn answer(&self, text: &[u8]) -> Option<bool> {
        let is_it = |&(start, size, _): &(usize, usize, bool)| self.texts[start..start + size] == *text;
        self.places.find(self.hasher.hash_one(text), is_it).map(|place| place.2)
    }

    fn keep(&mut self, text: &[u8], answer: bool) {
        if self.texts.len() + text.len() > MOST {
            self.texts.clear();
            self.places.clear();
        }
        let start = self.texts.len();
        self.texts.extend_from_slice(text);
        let (texts, hasher) = (&self.texts, &self.hasher);
        let hash = |&(start, size, _): &(usize, usize, bool)| hasher.hash_one(&texts[start..start + size]);
        self.places.insert_unique(hasher.hash_one(text), (start, text.len(), answer), hash);
    }
}

/// Find the next long run of letters of base64 (without padding) from `at` on, whole.
fn run(text: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let from = at;
    while let Some(some) = text.get(at..at + STEP) {
        if !is_letters(some) {
            at += STEP;
            continue;
        }
        let start = at - text[from..at].iter().rev().take_while(|b| is_letter(**b)).count();
        let mut end = at + STEP;
        while text.get(end..end + STEP).is_some_and(is_letters) {
            end += STEP;
        }
        end += text[end..].iter().take_while(|b| is_letter(**b)).count();
        if end - start >= SHORTEST {
            return Some((start, end));
        }
        at = end;
    }
    None
}

fn is_letters(some: &[u8]) -> bool {
    // Most texts have a blank or a quote before long; then all are looked at without a branch.
    some.iter().step_by(16).all(|b| is_letter(*b)) && some.iter().fold(true, |all, b| all & is_letter(*b))
}

fn is_letter(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() | (byte == b'+') | (byte == b'/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_found_whole() {
        let text = [&b"-enc "[..], &[b'A'; 700], b"= ", &[b'b'; 300], b" ", &[b'/'; 512]].concat();
        assert_eq!(run(&text, 0), Some((5, 705)));
        assert_eq!(run(&text, 705), Some((1008, 1520)));
        assert_eq!(run(&text, 1520), None);
        assert_eq!(run(&[b'A'; 511], 0), None);
        assert_eq!(run(&[b'A'; 512], 0), Some((0, 512)));
        assert_eq!(run(b"", 0), None);
    }

    #[test]
    fn answers_are_of_the_same_bytes() {
        let mut known = Known::default();
        known.keep(b"one", true);
        known.keep(b"two", false);
        assert_eq!(known.answer(b"one"), Some(true));
        assert_eq!(known.answer(b"two"), Some(false));
        assert_eq!(known.answer(b"on"), None);
        known.keep(&vec![b'x'; MOST], true);
        assert_eq!(known.answer(b"one"), None);
    }
}
