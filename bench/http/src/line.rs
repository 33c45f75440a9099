//! One connection, one exchange after the other, in as few instructions as it takes: the load shares the machine with what
//! it measures.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// More headers than any of the servers sends.
const MOST_HEADERS: usize = 32;

/// A connection that is kept.
pub struct Line {
    stream: TcpStream,
    address: SocketAddr,
    sent: Vec<u8>,
    heard: Vec<u8>,
}

/// What came back.
pub struct Reply<'a> {
    /// HTTP's status code.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Line {
    /// Connects.
    pub async fn to(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, address, sent: Vec::with_capacity(256), heard: Vec::with_capacity(4_096) })
    }

    /// `GET` of that path.
    pub async fn get(&mut self, path: &str) -> Result<Reply<'_>> {
        self.ask("GET", path, "").await
    }

    /// `PUT` of a JSON text to that path.
    pub async fn put(&mut self, path: &str, json: &str) -> Result<Reply<'_>> {
        self.ask("PUT", path, json).await
    }

    async fn ask(&mut self, method: &str, path: &str, json: &str) -> Result<Reply<'_>> {
        use std::io::Write;
        self.sent.clear();
        write!(self.sent, "{method} {path} HTTP/1.1\r\nHost: {}\r\n", self.address)?;
        if !json.is_empty() {
            write!(self.sent, "Content-Type: application/json\r\nContent-Length: {}\r\n", json.len())?;
        }
        write!(self.sent, "\r\n{json}")?;
        self.stream.write_all(&self.sent).await?;

        self.heard.clear();
        let mut head = None;
        loop {
            if self.stream.read_buf(&mut self.heard).await? == 0 {
                bail!("the server closed the connection after {path}");
            }
            if head.is_none() {
                head = read_head(&self.heard)?;
            }
            if let Some(Head { status, starts, ends }) = head
                && self.heard.len() >= ends
            {
                return Ok(Reply { status, body: &self.heard[starts..ends] });
            }
        }
    }
}

/// What the head of a reply says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Where the body starts in what was heard.
    starts: usize,
    /// And where it ends.
    ends: usize,
}

/// Reads the head; none if it is not all there yet.
fn read_head(heard: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(starts) = response.parse(heard)? else { return Ok(None) };
    let status = response.code.context("a reply without a status")?;
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize =
        std::str::from_utf8(length.context("a reply that does not tell its length")?.value)?.trim().parse()?;
    Ok(Some(Head { status, starts, ends: starts + length }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_once_it_is_whole() {
        let reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
        assert_eq!(read_head(&reply[..30]).unwrap(), None);
        assert_eq!(read_head(reply).unwrap(), Some(Head { status: 200, starts: 38, ends: 40 }));
    }

    #[test]
    fn a_reply_without_a_length_is_an_error() {
        assert!(read_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").is_err());
    }
}
