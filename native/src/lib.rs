//! The quick way through logs, for those that are as most are.
//!
//! Everything here has a twin in Python that says what it means; whatever is not plain is left to that twin, and both
//! give the same rows. Nothing here knows what an event means: names, ids and places come from the caller.

use pyo3::prelude::*;

mod asking;
mod chunks;
mod columns;
mod keys;
mod lines;
mod logs;
mod mentions;
mod numbers;
mod picks;
mod taking;

/// What the two sides have agreed on; a library that was built for another is not used.
const FORM: u32 = 8;

#[pymodule]
fn _native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("FORM", FORM)?;
    module.add_class::<chunks::Chunks>()?;
    module.add_class::<lines::Lines>()?;
    module.add_function(wrap_pyfunction!(columns::combinations, module)?)
}
