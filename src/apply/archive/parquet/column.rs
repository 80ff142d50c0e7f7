//! The values of one column of a group of rows: gathered from the server's text, handed to the file.
use anyhow::Context as _;
use bytes::Bytes;
use parquet::basic::Type as Physical;
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType, FloatType,
    Int32Type, Int64Type,
};
use parquet::file::writer::SerializedColumnWriter;

use super::schema::physical;
use super::value::{Scratch, Value, parse, render};
use super::{array, fields};
use crate::plan::{Element, Stored};

/// What is there of a value: of a list it counts twice more.
const PRESENT: i16 = 1;
const LIST_ELEMENT: i16 = 2;
const LIST_VALUE: i16 = 3;

#[derive(Debug)]
pub(super) struct Column {
    stored: Stored,
    values: Values,
    definition: Vec<i16>,
    repetition: Vec<i16>,
}

#[derive(Debug)]
enum Values {
    Boolean(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    /// One after the other, and where each ends.
    Bytes {
        all: Vec<u8>,
        ends: Vec<usize>,
    },
}

impl Column {
    pub fn new(stored: Stored) -> Self {
        let values = match physical(stored.element) {
            Physical::BOOLEAN => Values::Boolean(Vec::new()),
            Physical::INT32 => Values::Int32(Vec::new()),
            Physical::INT64 => Values::Int64(Vec::new()),
            Physical::FLOAT => Values::Float(Vec::new()),
            Physical::DOUBLE => Values::Double(Vec::new()),
            _ => Values::Bytes { all: Vec::new(), ends: Vec::new() },
        };
        Self { stored, values, definition: Vec::new(), repetition: Vec::new() }
    }

    /// Takes a value, `None` for NULL. `None`: the column's type cannot hold it, and the column is of no use any more.
    pub fn push(&mut self, text: Option<&[u8]>, scratch: &mut Scratch) -> Option<()> {
        let Some(text) = text else {
            self.definition.push(0);
            self.repetition.extend(self.stored.list.then_some(0));
            return Some(());
        };
        if self.stored.list {
            return self.push_list(text, scratch);
        }
        self.values.push(parse(self.stored.element, text, scratch)?);
        self.definition.push(PRESENT);
        Some(())
    }

    fn push_list(&mut self, text: &[u8], scratch: &mut Scratch) -> Option<()> {
        let mut again = vec![b'{'];
        let Self { stored, values, definition, repetition } = self;
        let before = definition.len();
        array::elements(text, |element| {
            let first = definition.len() == before;
            if !first {
                again.push(b',');
            }
            if let Some(element) = element {
                values.push(parse(stored.element, element, scratch)?);
            }
            array::put(&mut again, element);
            definition.push(if element.is_some() { LIST_VALUE } else { LIST_ELEMENT });
            repetition.push(i16::from(!first));
            Some(())
        })?;
        if definition.len() == before {
            definition.push(PRESENT);
            repetition.push(0);
        }
        again.push(b'}');
        (again == text).then_some(())
    }

    /// # Errors
    /// The file's.
    pub fn write(self, to: &mut SerializedColumnWriter<'_>) -> anyhow::Result<()> {
        let definition = Some(self.definition.as_slice());
        let repetition = self.stored.list.then_some(self.repetition.as_slice());
        match self.values {
            Values::Boolean(values) => {
                to.typed::<BoolType>().write_batch(&values, definition, repetition)?;
            }
            Values::Int32(values) => {
                to.typed::<Int32Type>().write_batch(&values, definition, repetition)?;
            }
            Values::Int64(values) => {
                to.typed::<Int64Type>().write_batch(&values, definition, repetition)?;
            }
            Values::Float(values) => {
                to.typed::<FloatType>().write_batch(&values, definition, repetition)?;
            }
            Values::Double(values) => {
                to.typed::<DoubleType>().write_batch(&values, definition, repetition)?;
            }
            Values::Bytes { all, ends } if physical(self.stored.element) == Physical::BYTE_ARRAY => {
                let values: Vec<ByteArray> = slices(all, &ends).map(ByteArray::from).collect();
                to.typed::<ByteArrayType>().write_batch(&values, definition, repetition)?;
            }
            Values::Bytes { all, ends } => {
                let values: Vec<FixedLenByteArray> =
                    slices(all, &ends).map(|bytes| ByteArray::from(bytes).into()).collect();
                to.typed::<FixedLenByteArrayType>().write_batch(&values, definition, repetition)?;
            }
        }
        Ok(())
    }
}

impl Values {
    /// A value of another kind than the column's is none: [`parse`] gives the column's.
    fn push(&mut self, value: Value<'_>) {
        match (self, value) {
            (Self::Boolean(values), Value::Boolean(value)) => values.push(value),
            (Self::Int32(values), Value::Int32(value)) => values.push(value),
            (Self::Int64(values), Value::Int64(value)) => values.push(value),
            (Self::Float(values), Value::Float(value)) => values.push(value),
            (Self::Double(values), Value::Double(value)) => values.push(value),
            (Self::Bytes { all, ends }, Value::Bytes(value)) => {
                all.extend_from_slice(value);
                ends.push(all.len());
            }
            _ => {}
        }
    }
}

fn slices(all: Vec<u8>, ends: &[usize]) -> impl Iterator<Item = Bytes> {
    let (all, mut from) = (Bytes::from(all), 0);
    ends.iter().map(move |end| all.slice(std::mem::replace(&mut from, *end)..*end))
}

/// The levels and values of a column that was read, in their order, as the server's text.
#[derive(Debug)]
pub(super) struct Texts {
    pub stored: Stored,
    pub definition: Vec<i16>,
    pub repetition: Vec<i16>,
    /// How many of each were taken already.
    level: usize,
    value: usize,
    text: Vec<u8>,
    array: Vec<u8>,
}

impl Texts {
    pub const fn new(stored: Stored) -> Self {
        Self {
            stored,
            definition: Vec::new(),
            repetition: Vec::new(),
            level: 0,
            value: 0,
            text: Vec::new(),
            array: Vec::new(),
        }
    }

    /// Before the next values are read.
    pub fn clear(&mut self) {
        self.definition.clear();
        self.repetition.clear();
        (self.level, self.value) = (0, 0);
    }

    /// Writes the next row's value into a line of CSV. `alone`: it is the line's only one.
    ///
    /// # Errors
    /// When there is no such value, or none that the server could have written.
    pub fn put<'a>(
        &mut self,
        value_at: impl Fn(usize) -> Option<Value<'a>>,
        line: &mut Vec<u8>,
        alone: bool,
    ) -> anyhow::Result<()> {
        self.put_value(value_at, line, alone).with_context(|| format!("read a value of {}", self.stored))
    }

    fn put_value<'a>(
        &mut self,
        value_at: impl Fn(usize) -> Option<Value<'a>>,
        line: &mut Vec<u8>,
        alone: bool,
    ) -> Option<()> {
        let Stored { element, list } = self.stored;
        let definition = self.next_level()?;
        if definition == 0 {
            return Some(());
        }
        if list {
            self.gather(definition, value_at)?;
            fields::put(line, &self.array, alone);
            return Some(());
        }
        let value = value_at(self.value)?;
        self.value += 1;
        if let (Element::Text | Element::Json, Value::Bytes(text)) = (element, value) {
            fields::put(line, text, alone);
            return Some(());
        }
        // No other text has anything in it that is quoted.
        render(element, value, line)
    }

    fn next_level(&mut self) -> Option<i16> {
        let definition = *self.definition.get(self.level)?;
        self.level += 1;
        Some(definition)
    }

    /// The text of a list, of which the first level was taken.
    fn gather<'a>(&mut self, first: i16, value_at: impl Fn(usize) -> Option<Value<'a>>) -> Option<()> {
        self.array.clear();
        self.array.push(b'{');
        let mut definition = first;
        while definition != PRESENT {
            self.text.clear();
            if definition == LIST_VALUE {
                render(self.stored.element, value_at(self.value)?, &mut self.text)?;
                self.value += 1;
            }
            array::put(&mut self.array, (definition == LIST_VALUE).then_some(self.text.as_slice()));
            if self.repetition.get(self.level).is_none_or(|repetition| *repetition == 0) {
                break;
            }
            self.array.push(b',');
            definition = self.next_level()?;
        }
        self.array.push(b'}');
        Some(())
    }
}
