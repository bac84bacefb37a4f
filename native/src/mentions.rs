//! Where a line mentions event ids, and whether that says that nobody wants it.
//!
//! The same judgement as `stashlight.decoders.event_ids`, which has the reasons; where the two could differ, this one
//! says `Other`, and the line is looked at more closely.

use memchr::memmem::Finder;

/// Event ids as bits: they have 16 of them.
#[derive(Default)]
pub struct Ids(Vec<u64>);

impl Ids {
    pub fn new(ids: &[u32]) -> Self {
        let mut bits = vec![0; 1024];
        for &id in ids.iter().filter(|&&id| id < 65_536) {
            bits[id as usize / 64] |= 1 << (id % 64);
        }
        Self(bits)
    }

    pub fn has(&self, id: u32) -> bool {
        self.0.get(id as usize / 64).is_some_and(|bits| bits >> (id % 64) & 1 == 1)
    }
}

/// What the mentions of a line come to.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Judgement {
    /// An id that nobody wants stands there as a key of its own.
    pub unwanted: bool,
    /// A wanted id, or something odd.
    pub more: bool,
    /// How many ids that are to be asked about stand there as keys.
    pub asked: u32,
    /// The last of them.
    pub id: u32,
}

pub struct Mentions {
    wanted: Ids,
    asked: Ids,
    // Boxed, as all finders are: Python does not align its objects as their vectors want it.
    literal: Box<Finder<'static>>,
}

impl Mentions {
    pub fn new(wanted: &[u32], asked: &[u32]) -> Self {
        Self { wanted: Ids::new(wanted), asked: Ids::new(asked), literal: Box::new(Finder::new(b"vent")) }
    }

    pub fn judge(&self, line: &[u8]) -> Judgement {
        let mut found = Judgement::default();
        for at in self.literal.find_iter(line) {
            match self.mention(line, at) {
                Mention::Nothing => {}
                Mention::Unwanted => found.unwanted = true,
                Mention::Asked(id) => {
                    found.asked += 1;
                    found.id = id;
                }
                Mention::Other => {
                    found.more = true;
                    return found;
                }
            }
        }
        found
    }

    fn mention(&self, line: &[u8], at: usize) -> Mention {
        let Some(after) = name(&line[at + 4..]) else { return Mention::Nothing };
        let rest = &line[at + 4 + after..];
        let is_key = at >= 2 && matches!(line[at - 1], b'E' | b'e') && line[at - 2] == b'"';
        if is_key && let Some(number) = key(rest).and_then(number) {
            return match number {
                Number::Odd => Mention::Other,
                Number::Is(id) if self.asked.has(id) => Mention::Asked(id),
                Number::Is(id) if self.wanted.has(id) => Mention::Other,
                Number::Is(_) | Number::Large => Mention::Unwanted,
            };
        }
        let gap = rest.iter().take(13).take_while(|b| b" \t\r\x0b\x0c\"'\\:=>".contains(b)).count();
        match number(&rest[gap..]) {
            Some(Number::Is(id)) if gap <= 12 && !self.wanted.has(id) && !self.asked.has(id) => Mention::Nothing,
            Some(Number::Large) if gap <= 12 => Mention::Nothing,
            _ => Mention::Other,
        }
    }
}

#[derive(Clone, Copy)]
enum Mention {
    Nothing,
    Unwanted,
    Asked(u32),
    Other,
}

#[derive(Clone, Copy)]
enum Number {
    Is(u32),
    Large,
    Odd,
}

/// Give the length of `ID`, `Id`, `_id` or `Code` at the start.
fn name(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'i' | b'I', b'd' | b'D', ..] => Some(2),
        [b'_', b'i' | b'I', b'd' | b'D', ..] => Some(3),
        [b'c' | b'C', b'o', b'd', b'e', ..] => Some(4),
        _ => None,
    }
}

/// Give what follows `"\s{0,4}:\s{0,4}"?`.
fn key(rest: &[u8]) -> Option<&[u8]> {
    let rest = blank(rest.strip_prefix(b"\"")?);
    let rest = blank(rest.strip_prefix(b":")?);
    Some(rest.strip_prefix(b"\"").unwrap_or(rest))
}

fn blank(rest: &[u8]) -> &[u8] {
    &rest[rest.iter().take(4).take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count()..]
}

/// Read the number at the start, if there is one; one that begins with 0 may be any.
fn number(rest: &[u8]) -> Option<Number> {
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 {
        return None;
    }
    if rest[0] == b'0' && digits > 1 {
        return Some(Number::Odd);
    }
    if digits > 5 {
        return Some(Number::Large);
    }
    let value = rest[..digits].iter().fold(0, |sum, b| sum * 10 + u32::from(b - b'0'));
    Some(if value < 65_536 { Number::Is(value) } else { Number::Large })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(line: &[u8]) -> (bool, bool, u32) {
        let found = Mentions::new(&[1, 11, 4103], &[4103]).judge(line);
        (found.unwanted, found.more, found.asked)
    }

    #[test]
    fn keys_of_their_own_decide() {
        assert_eq!(judged(br#"{"EventID":5}"#), (true, false, 0));
        assert_eq!(judged(br#"{"event_id" : "13"}"#), (true, false, 0));
        assert_eq!(judged(br#"{"EventID":11}"#), (false, true, 0));
        assert_eq!(judged(br#"{"EventID":4103}"#), (false, false, 1));
        assert_eq!(judged(br#"{"EventID":1100000}"#), (true, false, 0));
    }

    #[test]
    fn anything_odd_is_looked_at() {
        for line in [
            &br#"{"EventID":{"#[..],
            br#"{"EventID":011}"#,
            br#"{\"EventID\":11}"#,
            br#"<EventID>11</EventID>"#,
            br#"{"EventID":null}"#,
            br#"{"EventID":                 5}"#,
            br#"EventID"#,
        ] {
            assert!(judged(line).1, "{}", String::from_utf8_lossy(line));
        }
        assert_eq!(judged(br#"{\"EventID\":5}"#), (false, false, 0));
        assert_eq!(judged(b"Event viewer"), (false, false, 0));
    }
}
