//! The server's text of arrays of one dimension, taken apart and put together again.
use std::borrow::Cow;

/// Hands on each element, `None` for NULL, until one is refused.
/// `None`: one was refused, or it is no array of one dimension whose first index is 1.
pub(super) fn elements(text: &[u8], mut each: impl FnMut(Option<&[u8]>) -> Option<()>) -> Option<()> {
    let mut rest = text.strip_prefix(b"{")?.strip_suffix(b"}")?;
    if rest.is_empty() {
        return Some(());
    }
    loop {
        let length = match rest.strip_prefix(b"\"") {
            Some(quoted) => {
                let (element, length) = unquoted(quoted)?;
                each(Some(&element))?;
                length + 1
            }
            None => {
                let length = memchr::memchr(b',', rest).unwrap_or(rest.len());
                let element = &rest[..length];
                if element.is_empty() || element.contains(&b'{') {
                    return None;
                }
                each(Some(element).filter(|element| *element != b"NULL"))?;
                length
            }
        };
        rest = match rest.get(length) {
            None => return Some(()),
            Some(b',') => &rest[length + 1..],
            Some(_) => return None,
        };
    }
}

/// What stands before the closing quote, and the length of it with that quote.
fn unquoted(quoted: &[u8]) -> Option<(Cow<'_, [u8]>, usize)> {
    let mut text = Cow::Borrowed(&[][..]);
    let mut from = 0;
    loop {
        let special = from + memchr::memchr2(b'"', b'\\', &quoted[from..])?;
        let part = &quoted[from..special];
        if from == 0 {
            text = Cow::Borrowed(part);
        } else {
            text.to_mut().extend_from_slice(part);
        }
        if quoted[special] == b'"' {
            return Some((text, special + 1));
        }
        text.to_mut().push(*quoted.get(special + 1)?);
        from = special + 2;
    }
}

/// Writes an element, quoted where the server quotes it.
pub(super) fn put(array: &mut Vec<u8>, element: Option<&[u8]>) {
    let Some(text) = element else {
        array.extend_from_slice(b"NULL");
        return;
    };
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | b'{' | b'}' | b',' | b' ' | b'\t'..=b'\r');
    if !text.is_empty() && !text.eq_ignore_ascii_case(b"NULL") && !text.iter().any(special) {
        array.extend_from_slice(text);
        return;
    }
    array.push(b'"');
    for byte in text {
        if matches!(byte, b'"' | b'\\') {
            array.push(b'\\');
        }
        array.push(*byte);
    }
    array.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again(text: &str) -> Option<(usize, String)> {
        let (mut array, mut count) = (vec![b'{'], 0);
        elements(text.as_bytes(), |element| {
            if count > 0 {
                array.push(b',');
            }
            put(&mut array, element);
            count += 1;
            Some(())
        })?;
        array.push(b'}');
        Some((count, String::from_utf8(array).unwrap()))
    }

    #[test]
    fn arrays_are_the_same_again() {
        for (text, count) in [
            ("{}", 0),
            ("{1,2,-3}", 3),
            (r#"{NULL,"NULL","null",""}"#, 4),
            (r#"{"a,b","\"","\\x00","{}"," "}"#, 5),
            ("{\"two\nlines\",x}", 2),
        ] {
            assert_eq!(again(text), Some((count, text.to_owned())));
        }
    }

    #[test]
    fn other_arrays_are_none() {
        for text in ["{{1,2},{3,4}}", "[0:1]={1,2}", "", "{", "{\"a}", "{,}", "{\"a\"b}"] {
            assert!(again(text).is_none_or(|(_, same)| same != text), "{text}");
        }
    }
}
