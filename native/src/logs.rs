//! Event log files as a whole: which chunks they have, and whether all records are there that their headers promise.
//!
//! What is said of files that are not as they should be is up to `stashlight.decoders.formats.evtx`, which goes through
//! the same promises one by one.

use std::fs::File;
use std::io::Read;
use std::path::Path;

const MAGIC: &[u8] = b"ElfFile\0";
const CHUNK: &[u8] = b"ElfChnk\0";
const HEADER_BYTES: usize = 4096;
const CHUNK_BYTES: usize = 65536;
const DIRTY: u64 = 1;
const UNUSED: u64 = u64::MAX;

/// Files of more bytes than this are left to others, who hold one chunk at a time.
const MOST_BYTES: u64 = 4 << 20;

/// Read an event log into `content`; false if it is none, too large or cannot be read.
pub fn read(path: &Path, content: &mut Vec<u8>) -> bool {
    content.clear();
    let Ok(file) = File::open(path) else { return false };
    let mut file = file.take(MOST_BYTES + 1);
    file.by_ref().take(HEADER_BYTES as u64).read_to_end(content).is_ok()
        && content.starts_with(MAGIC)
        && file.read_to_end(content).is_ok()
        && content.len() as u64 <= MOST_BYTES
}

/// Give the chunks of a log and how many records each should have; none if one is damaged, or numbers are missing.
pub fn chunks(content: &[u8], most: usize) -> Option<Vec<(&[u8], usize)>> {
    let (header, rest) = content.split_at_checked(HEADER_BYTES)?;
    let (chunks, left) = rest.as_chunks::<CHUNK_BYTES>();
    if !left.is_empty() {
        return None;
    }
    let mut found = Vec::with_capacity(chunks.len());
    let (mut last, mut highest) = (0, 0);
    for chunk in chunks {
        if !chunk.starts_with(CHUNK) {
            if *chunk != [0; CHUNK_BYTES] {
                return None;
            }
            continue; // room that Windows reserved
        }
        let (first, end) = (number(chunk, 8), number(chunk, 16));
        let is_said = first <= end && end < UNUSED && end - first < most as u64;
        if is_said {
            if last > 0 && first > last + 1 {
                return None;
            }
            (last, highest) = (end, highest.max(end));
        }
        found.push((chunk.as_slice(), if is_said { usize::try_from(end - first + 1).ok()? } else { 0 }));
    }
    let following = number(header, 24);
    let is_dirty = number(header, 120) & DIRTY != 0; // a log that was copied while in use has an old header
    let is_promised = !is_dirty && 0 < following && following < UNUSED;
    let fewer = found.len() < usize::from(u16::from_le_bytes([header[42], header[43]]));
    (!(is_promised && fewer && following - 1 > highest)).then_some(found)
}

fn number(bytes: &[u8], at: usize) -> u64 {
    bytes[at..at + 8].iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte))
}
