//! Labels with a fixed set of values, and counters for each value.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::code::Code;
use crate::keys::Algorithm;
use crate::profiles::{PROFILES, Profile};

/// A label whose values are all known in advance.
pub(super) trait Label: Copy + 'static {
    /// Every value, in the order of its declaration.
    const ALL: &'static [Self];

    /// The position of this value in [`ALL`](Self::ALL).
    fn position(self) -> usize;

    /// The value as it is written in `/metrics`.
    fn name(self) -> &'static str;
}

/// Declares a label from rows of variant and name, so that the two cannot differ.
macro_rules! label {
    ($(#[$about:meta])* $visibility:vis enum $label:ident {
        $($(#[$meaning:meta])* $variant:ident $name:literal,)+
    }) => {
        $(#[$about])*
        #[derive(Clone, Copy)]
        $visibility enum $label { $($(#[$meaning])* $variant,)+ }

        impl $crate::web::metrics::label::Label for $label {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn position(self) -> usize {
                self as usize
            }

            fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

pub(super) use label;

impl Label for &'static Profile {
    const ALL: &'static [Self] = &PROFILES;

    fn position(self) -> usize {
        self.position()
    }

    fn name(self) -> &'static str {
        self.name
    }
}

impl Label for Algorithm {
    const ALL: &'static [Self] = &Self::ALL;

    fn position(self) -> usize {
        self as usize
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

impl Label for Code {
    const ALL: &'static [Self] = Self::ALL;

    fn position(self) -> usize {
        self as usize
    }

    fn name(self) -> &'static str {
        self.as_str()
    }
}

/// A counter for each pair of values of two labels.
pub(super) struct Counters<R, C> {
    counts: Box<[AtomicU64]>,
    labels: PhantomData<(R, C)>,
}

impl<R: Label, C: Label> Default for Counters<R, C> {
    fn default() -> Self {
        let counts = (0..R::ALL.len() * C::ALL.len()).map(|_| AtomicU64::new(0)).collect();
        Self { counts, labels: PhantomData }
    }
}

impl<R: Label, C: Label> Counters<R, C> {
    pub fn count(&self, row: R, column: C) {
        // A profile that is not listed has no counter.
        if let Some(count) = self.counts.get(row.position() * C::ALL.len() + column.position()) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The pairs that were counted, with their counts.
    pub fn counted(&self) -> impl Iterator<Item = (R, C, u64)> {
        let pairs = R::ALL.iter().flat_map(|row| C::ALL.iter().map(move |column| (*row, *column)));
        let all = pairs.zip(&self.counts).map(|((row, column), count)| (row, column, count.load(Ordering::Relaxed)));
        all.filter(|(_, _, count)| *count > 0)
    }
}

impl<R: Label, C: Label> fmt::Debug for Counters<R, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self.counted().map(|(row, column, count)| ((row.name(), column.name()), count));
        f.debug_map().entries(pairs).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profiles::lab;

    fn assert_in_order<L: Label>() {
        for (place, value) in L::ALL.iter().enumerate() {
            assert_eq!(value.position(), place, "{}", value.name());
        }
    }

    #[test]
    fn a_value_s_position_is_its_place_in_the_list() {
        assert_in_order::<&Profile>();
        assert_in_order::<Algorithm>();
        assert_in_order::<Code>();
    }

    #[test]
    fn only_pairs_that_were_counted_are_listed() {
        let counters = Counters::<&Profile, Algorithm>::default();
        assert_eq!(counters.counted().count(), 0);
        counters.count(&lab::PROFILE, Algorithm::Rs256);
        counters.count(&lab::PROFILE, Algorithm::Rs256);
        let counted: Vec<_> =
            counters.counted().map(|(row, column, count)| (row.name(), column.name(), count)).collect();
        assert_eq!(counted, [("lab", "RS256", 2)]);
    }
}
