//! The sets that come with pgtend, as the build found them below `migrations/`. It must not know what they say.
use crate::operations::migrate::Found;

/// Set, file and content, in their order.
const FILES: &[(&str, &str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/packs.rs"));

pub fn names() -> Vec<&'static str> {
    let mut names: Vec<&str> = FILES.iter().map(|(set, ..)| *set).collect();
    names.dedup();
    names
}

/// The files of a set; none when there is no such set.
pub fn files(set: &str) -> Vec<Found> {
    let of_set = FILES.iter().filter(|(name, ..)| *name == set);
    of_set.map(|(_, file, content)| Found { path: (*file).to_owned(), bytes: content.to_vec() }).collect()
}
