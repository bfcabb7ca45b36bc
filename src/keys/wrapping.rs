//! What the text of a key is wrapped in, and the command that unwraps it.
//!
//! No other program reads a key that is wrapped, so the commands that convert one do not help before it is unwrapped.

/// One layer around a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Double quotes, with the escapes of JSON.
    Json,
    Quotes,
    /// `\n` as two characters in place of a line end.
    LiteralLineEnds,
    Base64,
    /// base64url, or base64 without its padding.
    Base64Url,
    Hexadecimal,
    /// The encoding of a text that is not plain UTF-8, by its name.
    Encoding(&'static str),
}

impl Layer {
    /// To follow "the whole is".
    const fn name(self) -> &'static str {
        match self {
            Self::Json | Self::Quotes => "in quotes",
            Self::LiteralLineEnds => "written with `\\n` in place of line ends",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
            Self::Hexadecimal => "hexadecimal",
            Self::Encoding(name) => name,
        }
    }

    /// Takes the layer off what it reads, and writes the rest.
    fn filter(self) -> String {
        match self {
            Self::Json => "jq -r .".to_owned(),
            Self::Quotes => "sed '1s/^[[:space:]]*.//; $s/.[[:space:]]*$//'".to_owned(),
            Self::LiteralLineEnds => r"sed 's/\\\\/\\/g; s/\\r//g; s/\\n/\n/g'".to_owned(),
            Self::Base64 => "base64 -d".to_owned(),
            Self::Base64Url => "python3 -c 'import base64,sys; \
                sys.stdout.buffer.write(base64.urlsafe_b64decode(sys.stdin.read().strip() + \"==\"))'"
                .to_owned(),
            Self::Hexadecimal => "sed 's/^0x//; s/://g' | xxd -r -p".to_owned(),
            Self::Encoding(name) if name.starts_with("UTF-8") => r"sed '1s/^\xEF\xBB\xBF//'".to_owned(),
            Self::Encoding(name) => format!("iconv -f {} -t UTF-8", name.split(' ').next().unwrap_or(name)),
        }
    }
}

/// The layers in a sentence, the outer one first.
pub(super) fn names(layers: &[Layer]) -> String {
    layers.iter().map(|layer| layer.name()).collect::<Vec<_>>().join(", and what is in it ")
}

/// Writes what is in all layers of `input`. Both files are words of a shell.
pub(super) fn command(layers: &[Layer], input: &str, output: &str) -> String {
    let filters: Vec<_> = layers.iter().map(|layer| layer.filter()).collect();
    let all = filters.join(" | ");
    let (first, rest) = all.split_once(" | ").map_or((&*all, String::new()), |(it, rest)| (it, format!(" | {rest}")));
    format!("{first} < {input}{rest} > {output}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_filter_reads_the_file_and_the_last_writes_the_new_one() {
        assert_eq!(command(&[Layer::Base64], "a", "b"), "base64 -d < a > b");
        assert_eq!(
            command(&[Layer::Hexadecimal, Layer::Encoding("UTF-16")], "a", "b"),
            "sed 's/^0x//; s/://g' < a | xxd -r -p | iconv -f UTF-16 -t UTF-8 > b"
        );
        assert_eq!(names(&[Layer::Json, Layer::Base64]), "in quotes, and what is in it base64");
    }
}
