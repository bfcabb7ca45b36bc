//! What is said to one answer of a visitor: whether it is right, and a sentence that names the miss where it is not.

/// In the sentence a pair of backticks marks what is code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub is_right: bool,
    pub says: String,
}

impl Remark {
    pub fn right(says: impl Into<String>) -> Self {
        Self { is_right: true, says: says.into() }
    }

    pub fn miss(says: impl Into<String>) -> Self {
        Self { is_right: false, says: says.into() }
    }
}

/// Whether there are remarks, and each of them is to a right answer.
pub fn are_all_right(remarks: &[Remark]) -> bool {
    !remarks.is_empty() && remarks.iter().all(|remark| remark.is_right)
}
