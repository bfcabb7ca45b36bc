//! One bare connection to a server, plain or under TLS, for tests that must know what became of each of its requests.

use std::io::{self, BufRead as _, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, Error, SignatureScheme, StreamOwned};

/// What a connection speaks through.
trait Wire: Read + Write + Send {}

impl<T: Read + Write + Send> Wire for T {}

/// One connection. It is closed when it is dropped.
pub struct BareConnection {
    wire: BufReader<Box<dyn Wire>>,
    host: String,
}

/// An answer, read to its end.
pub struct Reply {
    pub status: u16,
    /// In lower case.
    pub head: String,
    pub body: Vec<u8>,
    /// Whether the server closes the connection after it.
    pub is_last: bool,
}

impl BareConnection {
    /// Connects and, under https, shakes hands.
    pub fn to(url: &str) -> io::Result<Self> {
        Self::with_timeout(url, Duration::from_secs(30))
    }

    /// The same for a client that waits so long for the next byte.
    pub fn with_timeout(url: &str, timeout: Duration) -> io::Result<Self> {
        let (scheme, host) = url.split_once("://").unwrap();
        let socket = TcpStream::connect(host)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(timeout))?;
        let wire: Box<dyn Wire> = if scheme == "https" { Box::new(under_tls(socket)?) } else { Box::new(socket) };
        Ok(Self { wire: BufReader::new(wire), host: host.to_owned() })
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.wire.get_mut().write_all(bytes)?;
        self.wire.get_mut().flush()
    }

    /// GET on a connection that stays.
    pub fn get(&mut self, path: &str) -> io::Result<Reply> {
        self.send(format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host).as_bytes())?;
        self.reply()
    }

    /// The head of an answer and the body that it announces.
    pub fn reply(&mut self) -> io::Result<Reply> {
        self.reply_with(true)
    }

    /// The answer to a HEAD.
    pub fn reply_to_head(&mut self) -> io::Result<Reply> {
        self.reply_with(false)
    }

    fn reply_with(&mut self, has_body: bool) -> io::Result<Reply> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.wire.read_line(&mut head)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        head.make_ascii_lowercase();
        let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        let length = field("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; if has_body { length } else { 0 }];
        self.wire.read_exact(&mut body)?;
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        let is_last = field("connection") == Some("close");
        Ok(Reply { status: status.ok_or(ErrorKind::InvalidData)?, head, body, is_last })
    }

    /// What comes next, of any length; nothing once the server has closed.
    pub fn some(&mut self) -> io::Result<Vec<u8>> {
        let bytes = self.wire.fill_buf()?.to_vec();
        self.wire.consume(bytes.len());
        Ok(bytes)
    }

    /// Reads until the server closes: what came.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let _ = self.wire.read_to_end(&mut bytes);
        bytes
    }
}

/// The hands are shaken before anything is said: a server that closes meanwhile has lost no request.
fn under_tls(mut socket: TcpStream) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().dangerous();
    let config = config.with_custom_certificate_verifier(Arc::new(AnyCertificate)).with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut connection = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    while connection.is_handshaking() {
        connection.complete_io(&mut socket)?;
    }
    Ok(StreamOwned::new(connection, socket))
}

/// What these tests ask for is not whom they speak to.
#[derive(Debug)]
struct AnyCertificate;

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
