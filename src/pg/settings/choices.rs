//! Parameters that take one word of a list, spelled as in the manual's section 34.1.2.
use std::fmt;

/// A parameter whose value is one of a few words.
pub(super) trait Choice: Sized + Copy + 'static {
    const ALL: &'static [Self];
    fn word(self) -> &'static str;

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|choice| choice.word() == word)
    }

    fn words() -> Vec<&'static str> {
        Self::ALL.iter().map(|choice| choice.word()).collect()
    }
}

macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$item:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($(#[$item])* $variant,)+ }

        impl Choice for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];
            fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}

choice! {
    /// How much TLS is asked for; ordered from the weakest to the strongest.
    SslMode {
        Disable = "disable",
        /// Plain text, and TLS when the server refuses that.
        Allow = "allow",
        /// TLS, and plain text when the server has none.
        #[default]
        Prefer = "prefer",
        Require = "require",
        /// The certificate's issuer is checked.
        VerifyCa = "verify-ca",
        /// The certificate's issuer and its name are checked.
        VerifyFull = "verify-full",
    }
}

choice! {
    /// How TLS begins: by asking the server, or at once (PostgreSQL 17 and later).
    SslNegotiation {
        #[default]
        Postgres = "postgres",
        Direct = "direct",
    }
}

choice! {
    /// Whether the password exchange is tied to the TLS connection.
    ChannelBinding {
        Disable = "disable",
        #[default]
        Prefer = "prefer",
        Require = "require",
    }
}

choice! {
    /// What kind of server is acceptable, where several hosts are named.
    TargetSessionAttrs {
        #[default]
        Any = "any",
        ReadWrite = "read-write",
        ReadOnly = "read-only",
        Primary = "primary",
        Standby = "standby",
        PreferStandby = "prefer-standby",
    }
}

choice! {
    /// In which order hosts are tried.
    LoadBalanceHosts {
        #[default]
        Disable = "disable",
        Random = "random",
    }
}

choice! {
    /// A version of the TLS protocol; below 1.2 there is no code that could speak it.
    TlsVersion {
        #[default]
        Tls12 = "TLSv1.2",
        Tls13 = "TLSv1.3",
    }
}
