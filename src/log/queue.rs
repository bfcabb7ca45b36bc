//! A bounded buffer of lines to be written. Lines that do not fit are dropped and counted.

/// How many lines the queue holds.
const MOST_LINES: usize = 4096;

/// How many bytes the lines may have together.
const MOST_BYTES: usize = 512 * 1024;

/// The queued lines, one after the other.
#[derive(Default)]
pub(super) struct Queue {
    text: Vec<u8>,
    lines: usize,
    /// How many lines were dropped since lines were last taken out.
    dropped: u64,
}

impl Queue {
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Adds text that ends in a line feed. If it does not fit as a whole, drops it and returns the number of its lines.
    pub fn push(&mut self, text: &[u8]) -> Result<(), u64> {
        let lines = lines_in(text);
        if self.lines + lines > MOST_LINES || self.text.len() + text.len() > MOST_BYTES {
            let dropped = lines.try_into().unwrap_or(u64::MAX);
            self.count_dropped(dropped);
            return Err(dropped);
        }
        self.text.extend_from_slice(text);
        self.lines += lines;
        Ok(())
    }

    /// Adds to the number of dropped lines.
    pub const fn count_dropped(&mut self, lines: u64) {
        self.dropped += lines;
    }

    /// Moves all lines into `text`, and returns how many were dropped after them.
    pub fn take(&mut self, text: &mut Vec<u8>) -> u64 {
        text.clear();
        std::mem::swap(text, &mut self.text);
        self.lines = 0;
        std::mem::take(&mut self.dropped)
    }
}

pub(super) fn lines_in(text: &[u8]) -> usize {
    text.iter().map(|byte| usize::from(*byte == b'\n')).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_out_in_their_order_and_leave_room_for_others() {
        let (mut queue, mut text) = (Queue::default(), b"old".to_vec());
        assert!(queue.is_empty());
        queue.push(b"one\n").unwrap();
        queue.push(b"two\nthree\n").unwrap();
        assert_eq!(queue.take(&mut text), 0);
        assert_eq!(text, b"one\ntwo\nthree\n");
        assert!(queue.is_empty());
        assert_eq!((queue.take(&mut text), text.as_slice()), (0, &b""[..]));
    }

    #[test]
    fn lines_beyond_the_bound_are_dropped_and_counted_once() {
        let (mut queue, mut text) = (Queue::default(), Vec::new());
        let added = (0..5000).filter(|number| queue.push(format!("{number}\n").as_bytes()).is_ok()).count();
        assert_eq!(added, MOST_LINES);
        assert_eq!(queue.take(&mut text), 5000 - 4096);
        assert!(text.ends_with(b"\n4095\n"), "the newest are dropped");
        queue.push(b"later\n").unwrap();
        assert_eq!(queue.take(&mut text), 0, "they were counted already");
    }

    #[test]
    fn bytes_are_bounded_as_well_as_lines() {
        let (mut queue, mut text) = (Queue::default(), Vec::new());
        let long = [vec![b'a'; 100_000], b"\n".to_vec()].concat();
        let added = (0..20).filter(|_| queue.push(&long).is_ok()).count();
        assert_eq!((added, queue.push(b"short\n")), (5, Ok(())), "a short line still fits");
        assert_eq!((queue.take(&mut text), text.len()), (15, 5 * long.len() + 6));
        assert_eq!(
            queue.push(&vec![b'\n'; MOST_BYTES + 1]),
            Err(MOST_BYTES as u64 + 1),
            "not even into an empty queue"
        );
    }
}
