//! The binary format of COPY: fields taken out of what the server sends, and rows put together for it (manual: COPY,
//! "Binary Format"). It knows no table and no type.
use anyhow::{Context as _, ensure};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Signature, flags, and the length of an extension that there is none of.
pub const HEADER: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
pub const TRAILER: &[u8] = &[0xff, 0xff];

/// Cuts the server's stream into rows, however it comes in pieces.
#[derive(Debug, Default)]
pub struct Decoder {
    rest: Vec<u8>,
    begun: bool,
}

impl Decoder {
    /// Hands each row that `piece` completes to `row`.
    ///
    /// # Errors
    /// `row`'s, and when the stream is not COPY's binary format.
    pub fn feed(
        &mut self,
        piece: &[u8],
        mut row: impl FnMut(&[Option<&[u8]>]) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        // The server sends whole rows, as a rule; then nothing is copied.
        let joined;
        let mut bytes = piece;
        if !self.rest.is_empty() {
            self.rest.extend_from_slice(piece);
            joined = std::mem::take(&mut self.rest);
            bytes = &joined;
        }
        if !self.begun {
            if bytes.len() < HEADER.len() {
                self.rest = bytes.to_vec();
                return Ok(());
            }
            ensure!(bytes.starts_with(SIGNATURE), "the server's COPY is not in binary format");
            bytes = &bytes[HEADER.len()..];
            self.begun = true;
        }
        let mut fields = Vec::new();
        while let Some(after) = cut(bytes, &mut fields)? {
            if fields.is_empty() {
                return Ok(());
            }
            row(&fields)?;
            bytes = after;
        }
        self.rest = bytes.to_vec();
        Ok(())
    }
}

/// Fills `fields` with the row that `bytes` begin with. `None`: the row is not whole. No fields: the trailer.
fn cut<'a>(bytes: &'a [u8], fields: &mut Vec<Option<&'a [u8]>>) -> anyhow::Result<Option<&'a [u8]>> {
    fields.clear();
    let Some((count, mut rest)) = bytes.split_first_chunk::<2>() else { return Ok(None) };
    let count = i16::from_be_bytes(*count);
    for _ in 0..count.max(0) {
        let Some((length, after)) = rest.split_first_chunk::<4>() else { return Ok(None) };
        let length = i32::from_be_bytes(*length);
        if length < 0 {
            fields.push(None);
            rest = after;
            continue;
        }
        let Some((field, after)) = after.split_at_checked(usize::try_from(length)?) else { return Ok(None) };
        fields.push(Some(field));
        rest = after;
    }
    Ok(Some(rest))
}

/// Rows for the server, without the stream's header and trailer.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Rows {
    /// Appends a row of fields that are encoded already, each with its length before it.
    pub fn push(&mut self, fields: usize, encoded: &[u8]) {
        self.bytes.extend_from_slice(&i16::try_from(fields).unwrap_or(i16::MAX).to_be_bytes());
        self.bytes.extend_from_slice(encoded);
        self.ends.push(self.bytes.len());
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn byte_count(&self) -> usize {
        self.bytes.len()
    }

    /// The fields of each row.
    pub fn iter(&self) -> impl Iterator<Item = Vec<Option<&[u8]>>> {
        (0..self.len()).map(|row| {
            let mut fields = Vec::new();
            // Rows that were put together here are whole.
            let _ = cut(self.range(row, row + 1), &mut fields);
            fields
        })
    }

    /// The encoding of some of the rows.
    pub fn range(&self, from: usize, to: usize) -> &[u8] {
        let begin = |index: usize| if index == 0 { 0 } else { self.ends[index - 1] };
        &self.bytes[begin(from)..begin(to)]
    }
}

/// A field as it stands in a row: its length, then its bytes.
pub fn put_field(out: &mut Vec<u8>, field: Option<&[u8]>) -> anyhow::Result<()> {
    match field {
        Some(bytes) => {
            let length = i32::try_from(bytes.len()).context("a field is larger than 2 GB")?;
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(bytes);
        }
        None => out.extend_from_slice(&(-1_i32).to_be_bytes()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_whole_however_the_stream_is_cut() {
        let mut rows = Rows::default();
        for number in 0..5_u8 {
            let mut fields = Vec::new();
            put_field(&mut fields, Some(&[number; 3])).unwrap();
            put_field(&mut fields, None).unwrap();
            rows.push(2, &fields);
        }
        let stream = [HEADER, rows.range(0, rows.len()), TRAILER].concat();
        for size in 1..stream.len() {
            let (mut decoder, mut seen) = (Decoder::default(), Vec::new());
            for piece in stream.chunks(size) {
                decoder
                    .feed(piece, |fields| {
                        assert_eq!(fields[1], None);
                        seen.push(fields[0].unwrap()[0]);
                        Ok(())
                    })
                    .unwrap();
            }
            assert_eq!(seen, [0, 1, 2, 3, 4], "in pieces of {size}");
        }
        assert_eq!(rows.range(1, 2).len(), 2 + 4 + 3 + 4);
    }

    #[test]
    fn what_is_no_binary_copy_is_an_error() {
        assert!(Decoder::default().feed(b"1\tx\n2\ty\nand more of it", |_| Ok(())).is_err());
    }
}
