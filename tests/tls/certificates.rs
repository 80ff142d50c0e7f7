//! Certificates made for one run: an authority, a stranger to it, a server, a client, and revocation lists.
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod,
    KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber, date_time_ymd,
};

/// The names in the server's certificate. Neither is an address.
pub const SERVER_NAMES: [&str; 2] = ["localhost", "db1.example"];

pub struct Certificates {
    dir: PathBuf,
}

impl Certificates {
    /// Writes all files into a new directory; the client's certificate is for the role `client`.
    pub fn make(dir: &Path, client: &str) -> Self {
        fs::create_dir(dir).unwrap();
        let authority = authority("authority");
        write(dir, "root.crt", &authority.0);
        write(dir, "stranger.crt", &self::authority("stranger").0);
        let server = CertificateParams::new(SERVER_NAMES.map(str::to_owned)).unwrap();
        signed(dir, "server", server, 7, &authority.1);
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, client);
        signed(dir, "client", params, 8, &authority.1);
        write(dir, "clean.crl", &revoking(99, &authority.1));
        write(dir, "revoked.crl", &revoking(7, &authority.1));
        Self { dir: dir.to_owned() }
    }

    pub fn path(&self, file: &str) -> String {
        self.dir.join(file).display().to_string()
    }
}

fn authority(name: &str) -> (String, Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.self_signed(&key).unwrap().pem(), Issuer::new(params, key))
}

fn signed(dir: &Path, name: &str, mut params: CertificateParams, serial: u64, by: &Issuer<'static, KeyPair>) {
    let key = KeyPair::generate().unwrap();
    params.serial_number = Some(SerialNumber::from(serial));
    write(dir, &format!("{name}.crt"), &params.signed_by(&key, by).unwrap().pem());
    write(dir, &format!("{name}.key"), &key.serialize_pem());
}

fn revoking(serial: u64, by: &Issuer<'static, KeyPair>) -> String {
    let revoked = RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: date_time_ymd(2026, 1, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let params = CertificateRevocationListParams {
        this_update: date_time_ymd(2026, 1, 1),
        next_update: date_time_ymd(2099, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    params.signed_by(by).unwrap().pem().unwrap()
}

fn write(dir: &Path, name: &str, pem: &str) {
    let path = dir.join(name);
    fs::write(&path, pem).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
}
