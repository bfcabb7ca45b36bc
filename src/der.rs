//! The encoding DER (X.690), in which keys and certificates are kept: its elements, read one after another.
//!
//! An element that is cut short is read as far as it is there, so that a damaged key is still recognised as one.
//! Whoever needs all of an element asks [`Element::is_whole`].

/// The tags of the elements that are read here.
pub mod tag {
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const CONTEXT_0: u8 = 0xa0;
    pub const CONTEXT_1: u8 = 0xa1;
}

/// How many elements are read inside of one. No structure that is read here has as many.
const MOST_CHILDREN: usize = 12;

/// The first byte of a length that is not said, as BER allows.
const INDEFINITE: u8 = 0x80;

/// One element: its tag, and its content as far as that is there.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    pub tag: u8,
    pub content: &'a [u8],
    /// How long the content should be.
    pub declared: usize,
    /// Tag, length and content.
    pub encoded: &'a [u8],
    /// How many bytes tag and length have.
    head: usize,
}

impl<'a> Element<'a> {
    /// The element that the bytes begin with. `None` where its tag and its length are not there.
    pub fn first(bytes: &'a [u8]) -> Option<Self> {
        let (&tag, rest) = bytes.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (declared, head) = match first {
            0..=0x7f => (usize::from(first), 2),
            // Some programs write PKCS #12 like this.
            INDEFINITE => (rest.len(), 2),
            0x81..=0x84 => {
                let count = usize::from(first & 0x7f);
                let length = rest.get(..count)?.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                (length, 2 + count)
            }
            _ => return None,
        };
        let content = &bytes[head..];
        let content = &content[..content.len().min(declared)];
        Some(Self { tag, content, declared, encoded: &bytes[..head + content.len()], head })
    }

    /// How long the element should be, with its tag and its length.
    pub const fn total(&self) -> usize {
        self.head.saturating_add(self.declared)
    }

    /// Whether all of it is there, and its length is said.
    pub fn is_whole(&self) -> bool {
        self.content.len() == self.declared && self.encoded[1] != INDEFINITE
    }

    /// The elements inside, as far as they are there. Only the last one may be cut short.
    pub fn children(&self) -> Vec<Self> {
        let (mut rest, mut children) = (self.content, Vec::new());
        while let Some(child) = Self::first(rest).filter(|_| children.len() < MOST_CHILDREN) {
            rest = rest.get(child.total()..).unwrap_or_default();
            children.push(child);
        }
        children
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_says_whether_all_of_it_is_there() {
        let long = [&[tag::SEQUENCE, 0x81, 0x80][..], &[0; 0x80]].concat();
        for (bytes, declared, total, is_whole) in [
            (&[tag::INTEGER, 1, 7][..], 1, 3, true),
            (&[tag::INTEGER, 1, 7, 9], 1, 3, true),
            (&[tag::INTEGER, 2, 7], 2, 4, false),
            (&[tag::INTEGER, 0], 0, 2, true),
            (&[tag::SEQUENCE, INDEFINITE, 5, 0], 2, 4, false),
            (&long, 0x80, 0x83, true),
            (&long[..0x82], 0x80, 0x83, false),
        ] {
            let element = Element::first(bytes).unwrap();
            assert_eq!(
                (element.declared, element.total(), element.is_whole()),
                (declared, total, is_whole),
                "{bytes:?}"
            );
            assert_eq!(element.encoded, &bytes[..total.min(bytes.len())]);
        }
        for none in [&[][..], &[tag::INTEGER], &[tag::SEQUENCE, 0x81], &[tag::SEQUENCE, 0x85, 0, 0, 0, 0, 0]] {
            assert!(Element::first(none).is_none(), "{none:?}");
        }
    }

    #[test]
    fn the_elements_inside_are_read_up_to_the_first_that_is_cut_short() {
        let outer = Element::first(&[tag::SEQUENCE, 8, tag::INTEGER, 1, 7, tag::OCTET_STRING, 9, 1, 2]).unwrap();
        let children: Vec<_> =
            outer.children().iter().map(|child| (child.tag, child.content, child.is_whole())).collect();
        assert_eq!(children, [(tag::INTEGER, &[7][..], true), (tag::OCTET_STRING, &[1, 2], false)]);
    }
}
