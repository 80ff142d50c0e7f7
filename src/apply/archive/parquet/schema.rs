//! The schema of a file: made of the table's columns, and read off a file so that nothing else is needed to read it.
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::schema::types::{Type, TypePtr};

use super::decimal;
use super::value::{DIGITS_32, DIGITS_64};
use crate::plan::{Element, Stored};

/// # Errors
/// Never: it is.
#[expect(clippy::unnecessary_wraps, reason = "its twin for programs without Parquet fails")]
pub(in crate::apply::archive) const fn ensure_built_in() -> anyhow::Result<()> {
    Ok(())
}

/// Every column may be null: a table may come to allow it between two of its archives, and readers take all as one.
pub(super) fn schema(columns: &[(String, Stored)]) -> anyhow::Result<TypePtr> {
    let fields = columns
        .iter()
        .map(|(name, stored)| {
            let field = if stored.list { list(name, stored.element) } else { leaf(name, stored.element) };
            field.with_context(|| format!("describe the column {name}"))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

fn list(name: &str, element: Element) -> anyhow::Result<TypePtr> {
    let repeated = Type::group_type_builder("list")
        .with_repetition(Repetition::REPEATED)
        .with_fields(vec![leaf("element", element)?])
        .build()?;
    let list = Type::group_type_builder(name)
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(Some(LogicalType::List))
        .with_fields(vec![Arc::new(repeated)])
        .build()?;
    Ok(Arc::new(list))
}

fn leaf(name: &str, element: Element) -> anyhow::Result<TypePtr> {
    let mut leaf = Type::primitive_type_builder(name, physical(element))
        .with_repetition(Repetition::OPTIONAL)
        .with_logical_type(logical(element));
    if let Element::Decimal { precision, scale } = element {
        leaf = leaf
            .with_precision(precision.into())
            .with_scale(scale.into())
            .with_length(decimal::length(precision).try_into()?);
    }
    Ok(Arc::new(leaf.build()?))
}

pub(super) const fn physical(element: Element) -> Physical {
    match element {
        Element::Boolean => Physical::BOOLEAN,
        Element::Int16 | Element::Int32 | Element::Date => Physical::INT32,
        Element::Int64 | Element::Timestamp { .. } => Physical::INT64,
        Element::Float => Physical::FLOAT,
        Element::Double => Physical::DOUBLE,
        Element::Text | Element::Json | Element::Bytes => Physical::BYTE_ARRAY,
        Element::Decimal { precision, .. } if precision <= DIGITS_32 => Physical::INT32,
        Element::Decimal { precision, .. } if precision <= DIGITS_64 => Physical::INT64,
        Element::Decimal { .. } => Physical::FIXED_LEN_BYTE_ARRAY,
    }
}

fn logical(element: Element) -> Option<LogicalType> {
    Some(match element {
        Element::Int16 => LogicalType::integer(16, true),
        Element::Text => LogicalType::String,
        Element::Json => LogicalType::Json,
        Element::Date => LogicalType::Date,
        Element::Timestamp { utc } => LogicalType::timestamp(utc, TimeUnit::MICROS),
        Element::Decimal { precision, scale } => LogicalType::decimal(scale.into(), precision.into()),
        _ => return None,
    })
}

/// The columns of a file that [`schema`] has described.
///
/// # Errors
/// When it is another one.
pub(super) fn columns(schema: &Type) -> anyhow::Result<Vec<(String, Stored)>> {
    let columns = schema
        .get_fields()
        .iter()
        .map(|field| {
            let stored = if field.is_primitive() {
                Stored::one(element(field)?)
            } else {
                let only = |field: &Type| field.get_fields().first().cloned().context("an empty group");
                Stored::list(element(&*only(&*only(field)?)?)?)
            };
            Ok((field.name().to_owned(), stored))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let same = self::schema(&columns)?;
    ensure!(same.get_fields() == schema.get_fields(), "its schema is none that an archive has");
    Ok(columns)
}

fn element(leaf: &Type) -> anyhow::Result<Element> {
    ensure!(leaf.is_primitive(), "groups in groups");
    let logical = leaf.get_basic_info().logical_type_ref();
    Ok(match (logical, leaf.get_physical_type()) {
        (None, Physical::BOOLEAN) => Element::Boolean,
        (None, Physical::INT32) => Element::Int32,
        (None, Physical::INT64) => Element::Int64,
        (None, Physical::FLOAT) => Element::Float,
        (None, Physical::DOUBLE) => Element::Double,
        (None, Physical::BYTE_ARRAY) => Element::Bytes,
        (Some(LogicalType::Integer(_)), _) => Element::Int16,
        (Some(LogicalType::String), _) => Element::Text,
        (Some(LogicalType::Json), _) => Element::Json,
        (Some(LogicalType::Date), _) => Element::Date,
        (Some(LogicalType::Timestamp(time)), _) => Element::Timestamp { utc: time.is_adjusted_to_u_t_c },
        (Some(LogicalType::Decimal(decimal)), _) => {
            Element::Decimal { precision: decimal.precision.try_into()?, scale: decimal.scale.try_into()? }
        }
        (logical, physical) => anyhow::bail!("no archive stores {physical} as {logical:?}"),
    })
}
