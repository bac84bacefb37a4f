//! Values gathered by columns: each distinct one once, and for each row which of them it has.

use std::hash::{BuildHasher, Hasher};

use hashbrown::{DefaultHashBuilder, HashTable};
use pyo3::IntoPyObjectExt;
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList, PyString};

/// A value as JSON has it; what is nested never comes here.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Text(&'a str),
}

/// Where a text lies among the texts, or what else it is.
enum Known {
    Null,
    Bool(bool),
    Int(i64),
    Text(usize, usize),
}

#[derive(Default)]
pub struct Column {
    codes: Vec<u32>,
    values: Vec<Known>,
    texts: String,
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Column {
    /// Add a value; give how many bytes more are held.
    pub fn push(&mut self, value: Value<'_>) -> usize {
        // Hosts, channels and programs come in runs.
        if let Some(&last) = self.codes.last()
            && is_same(&self.values[last as usize], &self.texts, value)
        {
            self.codes.push(last);
            return size_of::<u32>();
        }
        let before = (self.values.len(), self.texts.len());
        let hash = match value {
            Value::Null => 0,
            Value::Bool(b) => 1 + u64::from(b),
            Value::Int(i) => self.hasher.hash_one(i),
            Value::Text(t) => self.hasher.hash_one(t),
        };
        let (values, texts) = (&self.values, &self.texts);
        let code = self.places.find(hash, |&code| is_same(&values[code as usize], texts, value)).copied();
        let code = code.unwrap_or_else(|| {
            let code = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
            self.values.push(match value {
                Value::Null => Known::Null,
                Value::Bool(b) => Known::Bool(b),
                Value::Int(i) => Known::Int(i),
                Value::Text(t) => {
                    let start = self.texts.len();
                    self.texts.push_str(t);
                    Known::Text(start, self.texts.len())
                }
            });
            let (values, texts, hasher) = (&self.values, &self.texts, &self.hasher);
            self.places.insert_unique(hash, code, |&other| match values[other as usize] {
                Known::Null => 0,
                Known::Bool(b) => 1 + u64::from(b),
                Known::Int(i) => hasher.hash_one(i),
                Known::Text(start, end) => hasher.hash_one(&texts[start..end]),
            });
            code
        });
        self.codes.push(code);
        size_of::<u32>() + (self.values.len() - before.0) * size_of::<Known>() + self.texts.len() - before.1
    }

    /// Give the codes as the bytes of unsigned 32-bit numbers, and the values; begin anew.
    pub fn take<'py>(&mut self, py: Python<'py>) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyList>)> {
        let codes: Vec<u8> = self.codes.iter().flat_map(|code| code.to_ne_bytes()).collect();
        let values: Vec<Bound<'py, PyAny>> = self
            .values
            .iter()
            .map(|value| match *value {
                Known::Null => Ok(py.None().into_bound(py)),
                Known::Bool(b) => b.into_bound_py_any(py),
                Known::Int(i) => i.into_bound_py_any(py),
                Known::Text(start, end) => Ok(PyString::new(py, &self.texts[start..end]).into_any()),
            })
            .collect::<PyResult<_>>()?;
        self.codes.clear();
        self.values.clear();
        self.texts.clear();
        self.places.clear();
        Ok((PyBytes::new(py, &codes), PyList::new(py, values)?))
    }
}

/// Number the combinations of codes: for each row its number, and for each number the row that has it first.
#[pyfunction]
pub fn combinations<'py>(
    py: Python<'py>,
    columns: Vec<PyBuffer<u32>>,
) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyList>)> {
    let columns = columns.iter().map(|column| column.to_vec(py)).collect::<PyResult<Vec<_>>>()?;
    let rows = columns.iter().map(Vec::len).min().unwrap_or(0);
    let hasher = DefaultHashBuilder::default();
    let hash = |row: usize| {
        let mut state = hasher.build_hasher();
        for column in &columns {
            state.write_u32(column[row]);
        }
        state.finish()
    };
    let is_equal = |a: usize, b: usize| columns.iter().all(|column| column[a] == column[b]);
    let mut known: HashTable<u32> = HashTable::new();
    let mut firsts: Vec<usize> = Vec::new();
    let mut codes: Vec<u8> = Vec::with_capacity(rows * 4);
    for row in 0..rows {
        let own = hash(row);
        let found = known.find(own, |&code| is_equal(firsts[code as usize], row)).copied();
        let code = found.unwrap_or_else(|| {
            let code = u32::try_from(firsts.len()).unwrap_or(u32::MAX);
            firsts.push(row);
            known.insert_unique(own, code, |&other| hash(firsts[other as usize]));
            code
        });
        codes.extend_from_slice(&code.to_ne_bytes());
    }
    Ok((PyBytes::new(py, &codes), PyList::new(py, firsts)?))
}

fn is_same(known: &Known, texts: &str, value: Value<'_>) -> bool {
    match (known, value) {
        (Known::Null, Value::Null) => true,
        (Known::Bool(a), Value::Bool(b)) => *a == b,
        (Known::Int(a), Value::Int(b)) => *a == b,
        (Known::Text(start, end), Value::Text(t)) => &texts[*start..*end] == t,
        _ => false,
    }
}
