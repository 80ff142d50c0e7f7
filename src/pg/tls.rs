//! TLS by rustls for every `sslmode`, as libpq understands them. A root certificate that is there is always checked
//! against, whatever the mode (under `prefer` plain text follows, where the server allows it); `verify-ca` ignores
//! only the name, `verify-full` checks all.
//!
//! Differences to libpq: a certificate must carry its names as subject alternative names (the common name alone is
//! not read), must be X.509 version 3, and is used only over TLS 1.2 or 1.3. A certificate file that was named but
//! does not exist is an error in every mode. Keys with a passphrase and OpenSSL engines are not supported.
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail, ensure};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme, version,
};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::failure::Explain as _;
use crate::pg::settings::{RootCertificate, Settings, SslMode, TlsVersion};

/// The TLS side of connections to a server, made from the certificate files that the settings name.
///
/// # Errors
/// When a file is missing, unreadable or not what it should be, or a private key is open to others.
pub fn connector(settings: &Settings) -> anyhow::Result<MakeRustlsConnect> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(settings))
        .context("choose the versions of TLS")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier(settings, provider)?));
    let mut config = match &settings.sslcert {
        None => builder.with_no_client_auth(),
        Some(cert) => {
            let key =
                settings.sslkey.as_deref().context("a client certificate needs a private key (sslkey)")?;
            builder.with_client_auth_cert(certificates(cert)?, private_key(key)?).with_context(|| {
                format!("use the certificate {} with the key {}", cert.display(), key.display())
            })?
        }
    };
    // Required where TLS begins without a question; other servers pass over it.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    config.enable_sni = settings.sslsni;
    Ok(MakeRustlsConnect::new(config))
}

fn versions(settings: &Settings) -> Vec<&'static rustls::SupportedProtocolVersion> {
    let range = settings.ssl_min_protocol_version..=settings.ssl_max_protocol_version;
    let known = [(TlsVersion::Tls12, &version::TLS12), (TlsVersion::Tls13, &version::TLS13)];
    known.into_iter().filter(|(version, _)| range.contains(version)).map(|(_, version)| version).collect()
}

/// What a mode checks of the server's certificate.
#[derive(Debug)]
struct Verifier {
    /// `None` where nothing says whom to trust: then TLS only keeps listeners out.
    issuer: Option<Arc<WebPkiServerVerifier>>,
    name: bool,
    provider: Arc<CryptoProvider>,
}

fn verifier(settings: &Settings, provider: Arc<CryptoProvider>) -> anyhow::Result<Verifier> {
    let issuer = match &settings.sslrootcert {
        Some(root) => Some(issuer_verifier(root, settings.sslcrl.as_deref(), Arc::clone(&provider))?),
        None if settings.sslmode >= SslMode::VerifyCa => {
            return Err(anyhow!("sslmode {} needs a root certificate, and there is none", settings.sslmode))
                .hint("set sslrootcert to its file, or to `system` for those that this machine trusts");
        }
        None => None,
    };
    Ok(Verifier { issuer, name: settings.sslmode == SslMode::VerifyFull, provider })
}

fn issuer_verifier(
    root: &RootCertificate,
    revoked: Option<&Path>,
    provider: Arc<CryptoProvider>,
) -> anyhow::Result<Arc<WebPkiServerVerifier>> {
    let mut roots = RootCertStore::empty();
    match root {
        RootCertificate::System => {
            let native = rustls_native_certs::load_native_certs();
            roots.add_parsable_certificates(native.certs);
            ensure!(!roots.is_empty(), "this machine has no root certificates for sslrootcert=system");
        }
        RootCertificate::File(path) => {
            for certificate in certificates(path)? {
                roots
                    .add(certificate)
                    .with_context(|| format!("use the root certificate {}", path.display()))?;
            }
        }
    }
    let mut builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
    if let Some(path) = revoked {
        let lists = CertificateRevocationListDer::pem_file_iter(path).and_then(Iterator::collect);
        let lists: Vec<_> = lists.with_context(|| format!("read the revocation list {}", path.display()))?;
        ensure!(!lists.is_empty(), "the revocation list {} holds no list", path.display());
        builder = builder.with_crls(lists).enforce_revocation_expiration();
    }
    builder.build().context("prepare the check of certificates")
}

fn certificates(path: &Path) -> anyhow::Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    let certificates: Vec<_> =
        read.with_context(|| format!("read the certificate file {}", path.display()))?;
    ensure!(!certificates.is_empty(), "the certificate file {} holds no certificate", path.display());
    Ok(certificates)
}

fn private_key(path: &Path) -> anyhow::Result<PrivateKeyDer<'static>> {
    let mut file =
        File::open(path).with_context(|| format!("read the private key file {}", path.display()))?;
    let metadata =
        file.metadata().with_context(|| format!("read the private key file {}", path.display()))?;
    ensure!(metadata.is_file(), "the private key file {} is not a plain file", path.display());
    if !is_private(metadata.uid(), metadata.mode()) {
        bail!(
            "the private key file {} has group or world access; it must have permissions u=rw (0600) or less if \
             owned by the current user, or u=rw,g=r (0640) or less if owned by root",
            path.display()
        );
    }
    let mut pem = Vec::new();
    file.read_to_end(&mut pem).with_context(|| format!("read the private key file {}", path.display()))?;
    PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| anyhow!("the file {} holds no private key that can be read", path.display()))
        .hint("the key must be PEM and have no passphrase")
}

/// libpq's rule: root may let a group read the key, as for a certificate that several programs use.
const fn is_private(owner: u32, mode: u32) -> bool {
    mode & (if owner == 0 { 0o037 } else { 0o077 }) == 0
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let Some(issuer) = &self.issuer else { return Ok(ServerCertVerified::assertion()) };
        let verified = issuer.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match verified {
            // The name is checked last, so that all else is in order here.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) if !self.name => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_roots_key_may_be_read_by_a_group() {
        for (owner, mode, private) in [
            (1000, 0o100_600, true),
            (1000, 0o100_400, true),
            (1000, 0o100_640, false),
            (1000, 0o100_604, false),
            (1000, 0o100_610, false),
            (0, 0o100_600, true),
            (0, 0o100_640, true),
            (0, 0o100_660, false),
            (0, 0o100_650, false),
            (0, 0o100_644, false),
        ] {
            assert_eq!(is_private(owner, mode), private, "{owner} {mode:o}");
        }
    }
}
