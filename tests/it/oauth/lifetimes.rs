//! How long tokens live, and which settings say so.

use serde_json::json;

use super::issuer::{TestIssuer, redemption, refresh};
use super::json_of;
use crate::app::{START, TestApp};
use crate::cli::Program;

#[tokio::test]
async fn the_settings_say_how_long_access_tokens_and_refresh_tokens_live() {
    for (access, seconds, refreshing, days) in [("1s", 1, "2d", 2), ("24h", 86_400, "1d", 1)] {
        let app = TestApp::with(&[("access-ttl", access), ("refresh-ttl", refreshing)]);
        let issuer = TestIssuer { app };
        let login = issuer.logged_in().await;
        for token in [&login.text("access_token"), &issuer.client_token(&[]).await] {
            assert_eq!(json_of(token, 1)["exp"], json!(START + seconds), "{access}");
        }
        assert_eq!(login.json()["expires_in"], json!(seconds));
        let refresh_token = login.text("refresh_token");
        assert_eq!(issuer.introspected(&refresh_token).await["exp"], json!(START + days * 86_400));
        issuer.app.advance(seconds);
        assert!(!issuer.is_active(&login.text("access_token")).await);
        issuer.app.advance(days * 86_400 - seconds);
        assert_eq!(issuer.token(&refresh(&refresh_token)).await.status, 400);
        assert_eq!(issuer.token(&redemption(&[])).await.status, 400);
    }
}

#[test]
fn an_access_token_lives_from_a_second_to_a_day() {
    for bad in ["0", "86401", "2d", "1.5", "soon"] {
        Program::new().run(&["--access-ttl", bad]).assert_failed(&["--access-ttl", bad]);
    }
    for bad in ["0", "soon"] {
        Program::new().run(&["--refresh-ttl", bad]).assert_failed(&["--refresh-ttl", bad]);
    }
}
