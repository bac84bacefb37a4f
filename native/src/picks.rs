//! Which values of a parsed record are wanted: told by whoever knows what they mean.

use hashbrown::{HashMap, HashSet};
use simd_json::{Node, StaticNode, Tape};

use crate::columns::{Column, Value};
use crate::keys::{Key, Keys};

/// Where a record says who logged it, and where its own fields stand. Numbers are of paths.
pub struct Layout {
    /// All of these are there,
    pub present: Vec<u16>,
    /// and one of these, if there are any,
    pub some: Vec<u16>,
    /// and none of these, by which other layouts are told.
    pub absent: Vec<u16>,
    /// These, if they are there, are texts that hold no event themselves.
    pub prose: Vec<u16>,
    /// These are texts of fewer than so many bytes.
    pub short: Vec<(u16, usize)>,
    /// Who logged it, and the places where the event's number may stand.
    pub provider: u16,
    pub event_id: Vec<u16>,
    /// Values of the wrapping that every row begins with; those with `true` are texts that say something.
    pub told: Vec<(Option<u16>, bool)>,
    /// The object with the event's fields; none if they stand beside the others.
    pub data: Option<u16>,
}

/// How the value of a column is found.
pub enum Slot {
    /// A field of the event.
    Field(u16),
    /// A value beside them.
    Beside(u16),
    /// The first of these beside them that says anything ("" and "-" do not).
    First(Vec<u16>),
    /// The first of these beside them that is not empty.
    Some(Vec<u16>),
    /// Nothing.
    None,
}

pub struct Pick {
    pub slots: Vec<Slot>,
    /// Fields that must have one of these values, folded.
    pub only: Vec<(u16, Vec<String>)>,
    pub rows: Rows,
}

#[derive(Default)]
pub struct Rows {
    pub columns: Vec<Column>,
    /// In their order; those of the last records wait in `Picks::keys`.
    pub keys: Vec<Key>,
    pub positions: Vec<i64>,
    pub files: Vec<u32>,
    /// Records that have another value where `only` asks for some.
    pub others: usize,
    pub bytes: usize,
}

/// Names that are looked for, each with a number, and the names below them.
#[derive(Default)]
pub struct Names {
    known: HashMap<Vec<u8>, Name>,
}

#[derive(Default)]
struct Name {
    number: Option<u16>,
    below: Names,
}

impl Names {
    /// Give the number of a path, a new one if it is not known yet.
    fn number(&mut self, path: &[&str], next: &mut u16) -> u16 {
        let name = self.known.entry(path[0].as_bytes().to_vec()).or_default();
        if path.len() > 1 {
            return name.below.number(&path[1..], next);
        }
        *name.number.get_or_insert_with(|| {
            *next += 1;
            *next - 1
        })
    }
}

const NOWHERE: u32 = u32::MAX;

/// Where on the tape the values of names stand in the record at hand; a later one of the same name counts.
#[derive(Default)]
struct Found {
    at: Vec<u32>,
    seen: Vec<u16>,
}

impl Found {
    fn fit(&mut self, numbers: u16) {
        self.at.resize(numbers.into(), NOWHERE);
    }

    fn clear(&mut self) {
        for &name in &self.seen {
            self.at[name as usize] = NOWHERE;
        }
        self.seen.clear();
    }

    fn set(&mut self, name: u16, at: usize) {
        if self.at[name as usize] == NOWHERE {
            self.seen.push(name);
        }
        self.at[name as usize] = u32::try_from(at).unwrap_or(NOWHERE);
    }

    fn get(&self, name: u16) -> Option<usize> {
        let at = self.at[name as usize];
        (at != NOWHERE).then_some(at as usize)
    }
}

#[derive(Default)]
pub struct Picks {
    /// Paths beside the events' fields, with / between names; and the fields.
    beside: Names,
    fields: Names,
    numbers: (u16, u16),
    pub layouts: Vec<Layout>,
    pub picks: Vec<Pick>,
    /// For each layout: folded provider, then event id → which of the picks.
    pub by_event: Vec<HashMap<String, HashMap<u32, usize>>>,
    /// Everybody of whose records any may mean something, folded.
    pub known: HashSet<String>,
    /// Records of all others: who logged them, the event's number, and how many.
    pub strangers: HashMap<(String, u32), usize>,
    /// Bytes that all rows hold.
    pub held: usize,
    keys: Keys,
    root: Found,
    data: Found,
    /// Where the values of the row at hand stand; none for what is missing.
    places: Vec<Option<usize>>,
}

/// Of so many kinds records are counted; of more, others look at them.
const MOST_STRANGERS: usize = 500;

/// Bytes of a row beside its columns: key, position, file.
const ROW_BYTES: usize = 28;

/// Lists and objects of more values than this are left to others, with their own bound on nesting.
const MOST_NESTED: usize = 512;

impl Picks {
    /// Give the number of a value beside the events' fields.
    pub fn beside(&mut self, path: &str) -> u16 {
        let path: Vec<&str> = path.split('/').collect();
        self.beside.number(&path, &mut self.numbers.0)
    }

    /// Give the number of a field of events.
    pub fn field(&mut self, name: &str) -> u16 {
        self.fields.number(&[name], &mut self.numbers.1)
    }

    /// Say that all names are known.
    pub fn ready(&mut self) {
        self.root.fit(self.numbers.0);
        self.data.fit(self.numbers.1);
    }

    /// Take the values of a record; false if it is none that is known for sure, and nothing was taken.
    pub fn take(&mut self, tape: &Tape<'_>, position: i64, file: u32, raw: &[u8]) -> bool {
        let nodes = &tape.0;
        self.root.clear();
        if !survey(nodes, 0, &self.beside, &mut self.root) {
            return false;
        }
        let Some(index) = (0..self.layouts.len()).find(|&i| self.fits(nodes, &self.layouts[i])) else { return false };
        if self.is_stranger(nodes, index) {
            return true;
        }
        let data = match self.layouts[index].data {
            None => Some(0),
            Some(name) => self.root.get(name),
        };
        self.data.clear();
        let is_there = data.is_some_and(|at| survey(nodes, at, &self.fields, &mut self.data));
        // An object apart without any known field may be one that stands for another.
        if !is_there || (self.layouts[index].data.is_some() && self.data.seen.is_empty()) {
            return false;
        }
        let Some(pick) = self.pick(nodes, index) else { return false };
        match self.is_meant(nodes, pick) {
            Some(true) => {}
            Some(false) => {
                self.picks[pick].rows.others += 1;
                return true;
            }
            None => return false,
        }
        if !self.resolve(nodes, index, pick) {
            return false;
        }
        let rows = &mut self.picks[pick].rows;
        rows.columns.resize_with(self.places.len(), Column::default);
        let mut bytes = ROW_BYTES;
        for (column, place) in rows.columns.iter_mut().zip(&self.places) {
            bytes += column.push(place.and_then(|at| scalar(&nodes[at])).unwrap_or(Value::Null));
        }
        rows.positions.push(position);
        rows.files.push(file);
        rows.bytes += bytes;
        self.held += bytes;
        self.keys.add(pick, raw);
        if self.keys.is_full() {
            self.settle();
        }
        true
    }

    /// Find the keys of the records that wait for them.
    pub fn settle(&mut self) {
        for (pick, key) in self.keys.take() {
            self.picks[pick].rows.keys.push(key);
        }
    }

    fn fits(&self, nodes: &[Node<'_>], layout: &Layout) -> bool {
        let text = |name: u16| self.root.get(name).map(|at| scalar(&nodes[at]));
        let is_there = |&name: &u16| self.root.get(name).is_some();
        layout.present.iter().all(is_there)
            && (layout.some.is_empty() || layout.some.iter().any(is_there))
            && !layout.absent.iter().any(is_there)
            && layout.prose.iter().all(|&name| match text(name) {
                None => true,
                Some(Some(Value::Text(said))) => !said.contains("<Event"),
                Some(_) => false,
            })
            && layout.short.iter().all(|&(name, most)| match text(name) {
                Some(Some(Value::Text(said))) => said.len() < most && said.is_ascii(),
                _ => false,
            })
    }

    /// Tell who logged a record, as it is written, and the event's number; none where that is not plain.
    fn event<'a>(&self, nodes: &'a [Node<'a>], index: usize) -> Option<(&'a str, u32)> {
        let layout = &self.layouts[index];
        let Some(Value::Text(provider)) = scalar(&nodes[self.root.get(layout.provider)?]) else { return None };
        let id = layout.event_id.iter().find_map(|&name| self.root.get(name).and_then(|at| scalar(&nodes[at])));
        let id = match id? {
            Value::Int(id) => u32::try_from(id).ok()?,
            Value::Text(said)
                if !said.starts_with('0') && said.len() < 6 && said.bytes().all(|b| b.is_ascii_digit()) =>
            {
                said.parse().ok()?
            }
            _ => return None,
        };
        (provider.len() <= 64 && provider.is_ascii()).then_some((provider, id))
    }

    fn pick(&self, nodes: &[Node<'_>], index: usize) -> Option<usize> {
        let (provider, id) = self.event(nodes, index)?;
        self.by_event[index].get(provider.to_ascii_lowercase().as_str())?.get(&id).copied()
    }

    /// Count a record of somebody whose records mean nothing to anyone; false if it is none for sure.
    fn is_stranger(&mut self, nodes: &[Node<'_>], index: usize) -> bool {
        let Some((provider, id)) = self.event(nodes, index) else { return false };
        if provider.is_empty()
            || provider.trim() != provider
            || provider.bytes().any(|b| b.is_ascii_control())
            || self.known.contains(provider.to_ascii_lowercase().as_str())
        {
            return false;
        }
        let kind = (provider.to_owned(), id);
        if self.strangers.len() >= MOST_STRANGERS && !self.strangers.contains_key(&kind) {
            return false;
        }
        *self.strangers.entry(kind).or_default() += 1;
        true
    }

    /// Tell whether the fields that decide have one of their values; none if that is not sure.
    fn is_meant(&self, nodes: &[Node<'_>], pick: usize) -> Option<bool> {
        for (name, values) in &self.picks[pick].only {
            let Some(Value::Text(said)) = self.data.get(*name).and_then(|at| scalar(&nodes[at])) else { return None };
            if !said.is_ascii() {
                return None;
            }
            if !values.iter().any(|value| said.eq_ignore_ascii_case(value)) {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Find the place of each value of a row; false if one is not as it should be.
    fn resolve(&mut self, nodes: &[Node<'_>], index: usize, pick: usize) -> bool {
        let layout = &self.layouts[index];
        let pick = &self.picks[pick];
        let data = &self.data;
        let places = &mut self.places;
        places.clear();
        for &(name, must_say) in &layout.told {
            let at = name.and_then(|name| self.root.get(name));
            if must_say {
                let value = at.and_then(|at| scalar(&nodes[at]));
                if !matches!(value, Some(Value::Text(said)) if !said.is_empty()) {
                    return false;
                }
            }
            places.push(at);
        }
        for slot in &pick.slots {
            let at = match slot {
                Slot::None => None,
                Slot::Field(name) => data.get(*name),
                Slot::Beside(name) => self.root.get(*name),
                Slot::First(names) => names
                    .iter()
                    .filter_map(|&name| self.root.get(name))
                    .find(|&at| !matches!(scalar(&nodes[at]), Some(Value::Null | Value::Text("" | "-")))),
                Slot::Some(names) => names.iter().filter_map(|&name| self.root.get(name)).find(|&at| {
                    !matches!(
                        scalar(&nodes[at]),
                        Some(Value::Null | Value::Text("") | Value::Bool(false) | Value::Int(0))
                    )
                }),
            };
            places.push(at);
        }
        places.iter().flatten().all(|&at| scalar(&nodes[at]).is_some())
    }
}

/// Note where the names of an object stand; false if it is none, or nested too deep to be sure.
fn survey(nodes: &[Node<'_>], at: usize, names: &Names, found: &mut Found) -> bool {
    let Some(Node::Object { len, .. }) = nodes.get(at) else { return false };
    let mut next = at + 1;
    for _ in 0..*len {
        let Some(Node::String(key)) = nodes.get(next) else { return false };
        let value = next + 1;
        let (is_object, inside) = match nodes.get(value) {
            Some(Node::Object { count, .. }) => (true, *count),
            Some(Node::Array { count, .. }) => (false, *count),
            _ => (false, 0),
        };
        if inside > MOST_NESTED {
            return false;
        }
        if let Some(name) = names.known.get(key.as_bytes()) {
            if let Some(number) = name.number {
                // Of a name that is there twice the last one counts, with all below it.
                if found.get(number).is_some() {
                    return false;
                }
                found.set(number, value);
            }
            if is_object && !name.below.known.is_empty() && !survey(nodes, value, &name.below, found) {
                return false;
            }
        }
        next = value + inside + 1;
    }
    true
}

/// Give a value that is not nested; none for those that are, and for numbers that Python would not read as an integer.
fn scalar<'a>(node: &Node<'a>) -> Option<Value<'a>> {
    match *node {
        Node::String(text) => Some(Value::Text(text)),
        Node::Static(StaticNode::Null) => Some(Value::Null),
        Node::Static(StaticNode::Bool(b)) => Some(Value::Bool(b)),
        Node::Static(StaticNode::I64(i)) => Some(Value::Int(i)),
        Node::Static(StaticNode::U64(u)) => i64::try_from(u).ok().map(Value::Int),
        _ => None,
    }
}
