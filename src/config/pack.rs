//! The configurations of the packs, as they lie beside their migrations. It must not know what they say.

/// Name, and text of its `pgtend.toml`.
pub const PACKS: [(&str, &str); 5] = [
    ("bisman", include_str!("../../migrations/bisman/pgtend.toml")),
    ("coffeebiz", include_str!("../../migrations/coffeebiz/pgtend.toml")),
    ("realtime_connect", include_str!("../../migrations/realtime_connect/pgtend.toml")),
    ("redbut", include_str!("../../migrations/redbut/pgtend.toml")),
    ("servio", include_str!("../../migrations/servio/pgtend.toml")),
];
