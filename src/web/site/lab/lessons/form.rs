//! What a form of a lesson sent: its fields, whether the button for a hint was pressed, and the verdict that stood on
//! the page with the form.

use actix_web::HttpRequest;
use actix_web::http::Method;
use url::form_urlencoded;

use crate::lab::lessons::press::PressResult;
use crate::web::http::framework_errors::expect_form;
use crate::web::http::problem::Problem;

/// The fields of a form, in order. Of two with the same name, the first counts.
pub(super) struct Form {
    pub fields: Vec<(String, String)>,
    is_sent: bool,
}

impl Form {
    pub fn read(request: &HttpRequest, body: &[u8]) -> Result<Self, Problem> {
        if !body.is_empty() {
            expect_form(request)?;
        }
        let fields = form_urlencoded::parse(body).into_owned().collect();
        Ok(Self { fields, is_sent: request.method() == Method::POST })
    }

    /// Whether the button for a hint was pressed. It is no step of the lesson, so the lesson does not see it.
    pub fn takes_hint(&mut self) -> bool {
        let is_hint = |(name, value): &(String, String)| name == "step" && value == "hint";
        let takes_hint = self.is_sent && self.fields.iter().any(is_hint);
        if takes_hint {
            self.fields.retain(|field| !is_hint(field));
            self.is_sent = false;
        }
        takes_hint
    }

    /// Takes the form as sent by the button of this step.
    pub fn press(&mut self, step: &str) {
        self.is_sent = true;
        self.fields.extend(["step", "do"].map(|name| (name.to_owned(), step.to_owned())));
    }

    /// The verdict on the page that sent this form, unless the lesson was solved by it.
    pub fn last_press(&self) -> Option<PressResult> {
        PressResult::kept(self.get("last_press")?, self.get("last_says")?)
    }

    /// The fields that a redirect of the lesson put into the address.
    pub fn of_query(request: &HttpRequest) -> Self {
        let fields = form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        Self { fields, is_sent: false }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether a form was sent, even one without fields.
    pub const fn is_sent(&self) -> bool {
        self.is_sent
    }
}
