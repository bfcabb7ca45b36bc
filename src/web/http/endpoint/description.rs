//! What an operation is, for those who call it: the OpenAPI document and the page `/docs/api` are made of this.

/// What one method at one address takes and answers.
pub(in crate::web) struct Description {
    pub id: &'static str,
    pub summary: &'static str,
    pub access: Access,
    pub parameters: &'static [Parameter],
    pub body: Option<Body>,
    /// What it answers beside the refusals that it shares with others.
    pub own_answers: &'static [Answer],
    /// A line for a shell, with `{base}` where the server's address goes.
    pub curl: &'static str,
}

/// Who may call it.
#[derive(Clone, Copy)]
pub(in crate::web) enum Access {
    Anybody,
    Session,
    /// A username and a password, in the body or by HTTP Basic.
    Login,
    Form,
    /// A client of the issuer, by HTTP Basic or in the form.
    Client,
    Bearer,
    /// A bearer token, in the header or in the form.
    BearerOrForm,
    RestToken,
    Customer,
}

/// A parameter in the address or in its query.
pub(in crate::web) struct Parameter {
    pub place: Place,
    pub name: &'static str,
    pub kind: Kind,
    pub says: &'static str,
    pub example: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::web) enum Place {
    Path,
    Query,
    /// In the query, and not to be left out.
    RequiredQuery,
}

/// What a value may be.
pub(in crate::web) enum Kind {
    Text,
    /// Characters, at least and at most.
    Short(u32, u32),
    /// Text that is not empty.
    NotEmpty,
    /// Characters, at least and at most, and no control characters among them.
    Plain(u32, u32),
    /// A subject of the demo's tokens: such text too, and no name of a page of this site.
    Subject,
    Pattern(&'static str, &'static str),
    /// A whole number, at least and at most.
    Whole(i64, i64),
    Number,
    /// A number from the one to under the other.
    Within(i64, i64),
    Flag,
    True,
    OneOf(&'static [&'static str]),
    /// A stable code of this program.
    Code,
    /// The name of a check of the verifier.
    Check,
    /// RFC 3339, in UTC.
    Time,
    Object,
    /// null.
    Nothing,
    Nullable(&'static Self),
    List(&'static Self),
    ListOf(&'static str),
    Of(&'static str),
    Either(&'static [Self]),
}

/// What a request carries.
pub(in crate::web) struct Body {
    pub media: &'static str,
    pub schema: &'static str,
    pub is_required: bool,
    /// In the form of `media`.
    pub example: &'static str,
}

/// One status that an operation answers with.
#[derive(Clone, Copy)]
pub(in crate::web) struct Answer {
    pub status: u16,
    pub content: Content,
    pub says: &'static str,
    /// What no request provokes by itself: a fault of this server, or a race.
    pub is_rare: bool,
}

#[derive(Clone, Copy)]
pub(in crate::web) enum Content {
    Nothing,
    /// Text of this media type.
    Media(&'static str),
    Json(&'static str),
    /// A JSON array of this shape.
    JsonList(&'static str),
    /// JSON of one of these shapes, or a page for the same as a form.
    JsonOrPage(&'static [&'static str]),
    /// A refusal: JSON, or a page where `Accept` names HTML.
    Refusal,
}

impl Answer {
    pub const fn new(status: u16, content: Content, says: &'static str) -> Self {
        Self { status, content, says, is_rare: false }
    }

    pub const fn json(status: u16, schema: &'static str, says: &'static str) -> Self {
        Self::new(status, Content::Json(schema), says)
    }

    pub const fn refusal(status: u16, says: &'static str) -> Self {
        Self::new(status, Content::Refusal, says)
    }

    pub const fn rare(self) -> Self {
        Self { is_rare: true, ..self }
    }
}
