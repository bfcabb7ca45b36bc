//! How handlers ask for what they use: for one part of the server by `Data`, for several by a struct that the macro
//! [`extractor`] declares. Each part is registered once, when the server is built.

use std::any::type_name;

use actix_web::HttpRequest;
use actix_web::web::Data;

use super::problem::Problem;

/// A value that a handler can get from a request at once, without reading its body.
pub(in crate::web) trait FromHead: Sized {
    fn from_head(request: &HttpRequest) -> Result<Self, Problem>;
}

/// A server registers all parts, so this fails only if it was built wrongly.
impl<T: ?Sized + 'static> FromHead for Data<T> {
    fn from_head(request: &HttpRequest) -> Result<Self, Problem> {
        let registered = request.app_data::<Self>().cloned();
        registered.ok_or_else(|| Problem::broken(&format!("no {} is registered", type_name::<T>())))
    }
}

/// Declares a struct of parts that handlers can ask for. The second form is for a type that is [`FromHead`] already.
macro_rules! extractor {
    ($(#[$about:meta])* $visibility:vis struct $name:ident {
        $($(#[$meaning:meta])* $field_visibility:vis $field:ident: $part:ty,)+
    }) => {
        $(#[$about])*
        #[derive(Clone)]
        $visibility struct $name { $($(#[$meaning])* $field_visibility $field: $part,)+ }

        impl $crate::web::http::extractor::FromHead for $name {
            fn from_head(request: &actix_web::HttpRequest) -> Result<Self, $crate::web::http::problem::Problem> {
                Ok(Self { $($field: $crate::web::http::extractor::FromHead::from_head(request)?,)+ })
            }
        }

        $crate::web::http::extractor::extractor!($name);
    };
    ($name:ident) => {
        impl actix_web::FromRequest for $name {
            type Error = $crate::web::http::problem::Problem;
            type Future = std::future::Ready<Result<Self, Self::Error>>;

            fn from_request(request: &actix_web::HttpRequest, _: &mut actix_web::dev::Payload) -> Self::Future {
                std::future::ready($crate::web::http::extractor::FromHead::from_head(request))
            }
        }
    };
}

pub(in crate::web) use extractor;
