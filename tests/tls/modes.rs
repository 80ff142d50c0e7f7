//! Every `sslmode` against a server that has TLS, asks for it, or refuses it.
use crate::stage::{failure, stage, tls_version};

const TLS: Option<&str> = Some("TLSv1.3");

#[tokio::test]
async fn verify_full_accepts_the_right_name_alone() {
    let stage = stage().await;
    let mode = "sslmode=verify-full";
    assert_eq!(tls_version(&stage.trusting(mode)).await.as_deref(), TLS);
    assert_eq!(tls_version(&stage.trusting(&format!("{mode} host=localhost"))).await.as_deref(), TLS);
    for wrong in ["db2.example", "127.0.0.1", "''"] {
        let error = failure(&stage.trusting(&format!("{mode} host={wrong}"))).await;
        assert!(
            error.contains("TLS: invalid peer certificate: certificate not valid for name"),
            "{wrong}: {error}"
        );
        assert!(error.contains("connect by a name that the certificate holds"), "{wrong}: {error}");
    }
}

#[tokio::test]
async fn an_unknown_authority_is_refused_by_every_mode_that_checks_it() {
    let stage = stage().await;
    let stranger = format!("sslrootcert={}", stage.certificates.path("stranger.crt"));
    for mode in ["require", "verify-ca", "verify-full"] {
        let error = failure(&stage.trusting(&format!("sslmode={mode} {stranger}"))).await;
        assert!(error.contains("TLS: invalid peer certificate: UnknownIssuer"), "{mode}: {error}");
        assert!(error.contains("sslrootcert must name"), "{mode}: {error}");
    }
    // As libpq: `prefer` then goes on in plain text.
    assert_eq!(tls_version(&stage.trusting(&format!("sslmode=prefer {stranger}"))).await, None);
}

#[tokio::test]
async fn verify_ca_passes_over_the_name_and_nothing_else() {
    let stage = stage().await;
    for host in ["db1.example", "db2.example", "127.0.0.1"] {
        let settings = stage.trusting(&format!("sslmode=verify-ca host={host}"));
        assert_eq!(tls_version(&settings).await.as_deref(), TLS, "{host}");
    }
}

#[tokio::test]
async fn require_checks_the_authority_only_if_one_is_named() {
    let stage = stage().await;
    assert_eq!(tls_version(&stage.settings("sslmode=require")).await.as_deref(), TLS);
    assert_eq!(tls_version(&stage.trusting("sslmode=require host=db2.example")).await.as_deref(), TLS);
}

#[tokio::test]
async fn a_mode_that_verifies_needs_a_root_certificate() {
    let stage = stage().await;
    let error = failure(&stage.settings("sslmode=verify-ca")).await;
    assert!(error.contains("sslmode verify-ca needs a root certificate, and there is none"), "{error}");
    assert!(error.contains("Usage"), "{error}");
    let error = failure(&stage.settings("sslmode=require sslrootcert=/nowhere/root.crt")).await;
    assert!(error.contains("read the certificate file /nowhere/root.crt"), "{error}");
    let key = stage.certificates.path("server.key");
    let error = failure(&stage.settings(&format!("sslmode=require sslrootcert={key}"))).await;
    assert!(error.contains("holds no certificate"), "{error}");
}

#[tokio::test]
async fn the_weak_modes_come_in_wherever_they_may() {
    let stage = stage().await;
    for (mode, user, version) in [
        ("disable", "alice", None),
        ("allow", "alice", None),
        ("prefer", "alice", TLS),
        ("require", "alice", TLS),
        ("disable", "plainonly", None),
        ("allow", "plainonly", None),
        ("prefer", "plainonly", None),
        ("allow", "tlsonly", TLS),
        ("prefer", "tlsonly", TLS),
        ("require", "tlsonly", TLS),
        ("prefer", "digest", TLS),
    ] {
        let settings = stage.settings(&format!("sslmode={mode} user={user}"));
        assert_eq!(tls_version(&settings).await.as_deref(), version, "{mode} {user}");
    }
    let error = failure(&stage.settings("sslmode=disable user=tlsonly")).await;
    assert!(error.contains("SQLSTATE 28000") && error.contains("use sslmode=require"), "{error}");
    let error = failure(&stage.settings("sslmode=require user=plainonly")).await;
    assert!(error.contains("SQLSTATE 28000") && !error.contains("use sslmode=require"), "{error}");
}

#[tokio::test]
async fn a_wrong_password_does_not_go_out_again_in_plain_text() {
    let stage = stage().await;
    let error = failure(&stage.settings("sslmode=prefer password=wrong")).await;
    assert_eq!(error.lines().next().unwrap().matches("password authentication failed").count(), 1, "{error}");
}

#[tokio::test]
async fn the_versions_of_tls_are_bounded() {
    let stage = stage().await;
    let old = stage.trusting("sslmode=verify-full ssl_max_protocol_version=TLSv1.2");
    assert_eq!(tls_version(&old).await.as_deref(), Some("TLSv1.2"));
    let new = stage.trusting("sslmode=verify-full ssl_min_protocol_version=TLSv1.3");
    assert_eq!(tls_version(&new).await.as_deref(), TLS);
}

/// PostgreSQL has it from version 17 on.
#[tokio::test]
async fn tls_can_begin_without_a_question() {
    let stage = stage().await;
    let settings = stage.trusting("sslmode=verify-full sslnegotiation=direct");
    if stage.server.major() >= 17 {
        assert_eq!(tls_version(&settings).await.as_deref(), TLS);
    } else {
        let error = failure(&settings).await;
        assert!(error.contains("failed: TLS: "), "{error}");
    }
}

#[tokio::test]
async fn a_revoked_certificate_is_refused() {
    let stage = stage().await;
    let with =
        |list: &str| stage.trusting(&format!("sslmode=verify-full sslcrl={}", stage.certificates.path(list)));
    assert_eq!(tls_version(&with("clean.crl")).await.as_deref(), TLS);
    let error = failure(&with("revoked.crl")).await;
    assert!(error.contains("TLS: invalid peer certificate: Revoked"), "{error}");
}

#[tokio::test]
async fn channel_binding_needs_tls() {
    let stage = stage().await;
    let bound = stage.trusting("sslmode=verify-full channel_binding=require");
    assert_eq!(tls_version(&bound).await.as_deref(), TLS);
    for unbound in ["sslmode=disable", "sslmode=require user=digest"] {
        let error = failure(&stage.settings(&format!("{unbound} channel_binding=require"))).await;
        assert!(error.contains("server did not use channel binding"), "{unbound}: {error}");
    }
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate() {
    let stage = stage().await;
    let file = |name: &str| stage.certificates.path(name);
    let mode = "sslmode=verify-full user=bycert password=''";
    let with = |key: &str| stage.trusting(&format!("{mode} sslcert={} sslkey={key}", file("client.crt")));
    assert_eq!(tls_version(&with(&file("client.key"))).await.as_deref(), TLS);
    let error = failure(&stage.trusting(mode)).await;
    assert!(error.contains("SQLSTATE 28000"), "{error}");
    let error = failure(&stage.trusting(&format!("{mode} user=alice sslcert={} ", file("client.crt")))).await;
    assert!(error.contains("needs a private key"), "{error}");
    let error = failure(&with(&file("server.key"))).await;
    assert!(error.contains("use the certificate"), "{error}");
    let error = failure(&with(&file("client.crt"))).await;
    assert!(error.contains("holds no private key"), "{error}");
}

#[tokio::test]
async fn a_private_key_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let stage = stage().await;
    let open = tempfile::NamedTempFile::new().unwrap();
    std::fs::copy(stage.certificates.path("client.key"), open.path()).unwrap();
    std::fs::set_permissions(open.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
    let certificate = stage.certificates.path("client.crt");
    let more =
        format!("sslmode=verify-full user=bycert sslcert={certificate} sslkey={}", open.path().display());
    let error = failure(&stage.trusting(&more)).await;
    assert!(error.contains("has group or world access"), "{error}");
}
