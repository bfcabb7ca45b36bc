//! What teachers need: the paths, the worksheet of a path, the answer key, and the projector view.

use hallpass::lab::answer_key;
use hallpass::lab::attacks::Attack;
use hallpass::lab::lessons::LESSONS;
use hallpass::lab::teach::PATHS;
use reqwest::Method;

use crate::app::{Answer, TestApp, location};
use crate::cli::Program;
use crate::html::field;

/// What stands between two pieces of a page, as often as it is there.
fn all_between<'a>(page: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    page.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect()
}

#[tokio::test]
async fn the_minutes_on_the_page_add_up_to_each_path_s_heading() {
    let app = TestApp::spawn();
    let page = app.visitor().page("/lab/teach").await;
    for heading in ["45 minutes", "90 minutes", "180 minutes"] {
        let section = all_between(&page, &format!(">{heading}</h2>"), "</section>");
        let [section] = section[..] else { panic!("{heading}: {page}") };
        let minutes = all_between(section, "<span class=\"state\">", " min</span>");
        let sum: u32 = minutes.iter().map(|minutes| minutes.parse::<u32>().unwrap()).sum();
        assert_eq!(format!("{sum} minutes"), heading);
        let mut begin = 0;
        for minutes in minutes {
            let end = begin + minutes.parse::<u32>().unwrap();
            assert!(section.contains(&format!("minutes {begin}–{end}</span>")), "{heading}: {begin} to {end}");
            begin = end;
        }
        let button = format!("Press <em>{}-minute path</em>.", heading.trim_end_matches(" minutes"));
        for press in ["the address and the code", &button, "Press <em>Close joining</em>"] {
            assert!(section.contains(press), "{heading}: {press}");
        }
        for part in ["Goals", "Prerequisites", "Plan", "Ask the room"] {
            assert!(section.contains(&format!(">{part}</h3>")), "{heading} has no {part}");
        }
    }
}

#[tokio::test]
async fn every_lesson_of_a_path_is_linked_with_its_projector_view_and_is_on_its_worksheet() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let page = visitor.page("/lab/teach").await;
    for path in PATHS.iter() {
        let address = format!("/lab/worksheet?path={}", path.minutes);
        assert!(page.contains(&address), "{address}");
        let sheet = visitor.page(&address).await;
        let ids: Vec<&str> = all_between(&sheet, "<h3 id=\"sheet-", "\"");
        assert_eq!(ids, path.lessons().map(|lesson| lesson.slug).collect::<Vec<_>>());
        assert!(!sheet.contains("id=\"attacks\""));
        for lesson in path.lessons() {
            assert!(page.contains(&format!("/lab/lessons/{}?view=projector", lesson.slug)), "{}", lesson.slug);
        }
    }
}

#[tokio::test]
async fn one_plan_alone_can_be_printed() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let all = visitor.page("/lab/teach").await;
    for path in PATHS.iter() {
        let address = format!("/lab/teach?path={}", path.minutes);
        assert!(all.contains(&format!("href=\"{address}\"")), "{address}: {all}");
        let page = visitor.page(&address).await;
        assert_eq!(all_between(&page, "<h2 id=\"path-", "\""), [path.minutes.to_string()]);
        assert!(page.contains("href=\"/lab/teach\">All three ways</a>"), "{page}");
    }
    for query in ["?path=60", "?path=", "?path=all"] {
        assert_eq!(visitor.get(&format!("/lab/teach{query}")).await.status().as_u16(), 400, "{query}");
    }
}

#[tokio::test]
async fn a_path_that_there_is_not_is_refused_and_without_one_the_sheet_has_everything() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for query in ["?path=60", "?path=", "?path=all"] {
        assert_eq!(visitor.get(&format!("/lab/worksheet{query}")).await.status().as_u16(), 400, "{query}");
    }
    let sheet = visitor.page("/lab/worksheet").await;
    assert_eq!(all_between(&sheet, "<h3 id=\"sheet-", "\"").len(), LESSONS.len());
    assert!(sheet.contains("id=\"attacks\""));
}

#[tokio::test]
async fn the_answer_key_is_open_only_where_nobody_but_this_machine_reaches_the_server() {
    let open = TestApp::spawn();
    let page = open.visitor().page("/lab/teach/key").await;
    for lesson in LESSONS.iter() {
        assert!(page.contains(&format!("id=\"key-{}\"", lesson.slug)), "{}", lesson.slug);
    }
    assert!(open.visitor().page("/lab/teach").await.contains("href=\"/lab/teach/key\""));
    for settings in [
        [("bind", "0.0.0.0:0"), ("credentials", "any")],
        [("public-url", "https://school.example"), ("credentials", "any")],
        [("allowed-host", "school.example"), ("credentials", "any")],
    ] {
        let app = TestApp::with(&settings);
        let port = app.url.rsplit(':').next().unwrap();
        let address = format!("http://127.0.0.1:{port}/lab/teach");
        let host = if settings[0].0 == "bind" { format!("127.0.0.1:{port}") } else { "school.example".to_owned() };
        let get = |address: String| {
            let request = reqwest::Client::new().get(address).header("host", host.as_str());
            Answer::to(request.header("accept", "application/json"))
        };
        let refused = get(format!("{address}/key")).await;
        assert_eq!((refused.status, refused.text("error").as_str()), (403, "not_teacher"), "{settings:?}");
        assert!(refused.body.contains("hallpass lab key"), "{}", refused.body);
        assert!(!get(address).await.body.contains("href=\"/lab/teach/key\""));
    }
}

#[test]
fn the_command_line_prints_the_same_answer_key() {
    let done = Program::new().run(&["lab", "key"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""));
    assert_eq!(done.stdout, answer_key::text(None));
    assert!(Attack::all().all(|attack| done.stdout.contains(attack.expected.as_str())));
}

#[tokio::test]
async fn the_answer_key_of_a_path_has_its_lessons_alone() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let teach = visitor.page("/lab/teach").await;
    for path in PATHS.iter() {
        let address = format!("/lab/teach/key?path={}", path.minutes);
        assert!(teach.contains(&format!("href=\"{address}\"")), "{address}: {teach}");
        let page = visitor.page(&address).await;
        let slugs: Vec<_> = path.lessons().map(|lesson| lesson.slug).collect();
        assert_eq!(all_between(&page, "<h3 id=\"key-", "\""), slugs);
        let early = all_between(&page, "<h3 id=\"early-", "\"");
        assert_eq!(early, path.for_early.iter().map(|lesson| lesson.slug).collect::<Vec<_>>());
        for question in &path.questions {
            let answered = format!("<li><strong>{}</strong><p>{}</p></li>", question.asks, question.answer);
            assert!(page.contains(&answered), "{answered}");
            assert!(!teach.contains(&question.answer.to_string()), "the answers are in the key alone");
        }
        assert!(!page.contains("id=\"attacks\""), "{page}");
        let printed = Program::new().run(&["lab", "key", "--path", &path.minutes.to_string()]);
        assert_eq!((printed.code, printed.stdout), (Some(0), answer_key::text(Some(path))));
    }
    for query in ["?path=60", "?path=", "?path=all"] {
        assert_eq!(visitor.get(&format!("/lab/teach/key{query}")).await.status().as_u16(), 400, "{query}");
    }
    assert_eq!(Program::new().run(&["lab", "key", "--path", "60"]).code, Some(2));
}

#[tokio::test]
async fn every_lesson_has_a_projector_view_with_a_step_for_each_section_and_each_numbered_step_of_the_task() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for lesson in LESSONS.iter() {
        let address = format!("/lab/lessons/{}", lesson.slug);
        let first = visitor.page(&format!("{address}?view=projector")).await;
        let tasks = first.matches("<li id=\"do-").count().max(1);
        let all = 12 + tasks;
        assert!(first.contains(&format!("Step 1 of {all}")), "{address}");
        for (number, at) in [
            (2, "background"),
            (3, "prediction"),
            (all - 8, "why"),
            (all - 7, "code"),
            (all - 1, "code-rust-fix"),
            (all, "sources"),
        ] {
            let page = visitor.page(&format!("{address}?view=projector&at={at}")).await;
            assert_eq!(page.matches(&format!("Step {number} of {all}<")).count(), 2, "{address} at {at}");
            assert!(page.contains(&format!("class=\"projector at-{at}\"")) && !page.contains("<template"), "{address}");
        }
        let task = visitor.page(&format!("{address}?view=projector&at=do-1")).await;
        assert!(task.contains(&format!("Step 4 of {all}")), "{address}");
        assert!(!task.contains("<li id=\"do-") || task.contains("<li id=\"do-1\" class=\"now\">"), "{address}");
        assert!(task.contains("href=\"?view=projector&#38;at=why\""), "{address}: {task}");
        assert!(all_between(&task, "<li id=\"", "\"").iter().all(|id| id.starts_with("do-")), "{address}: {task}");
        assert!(!visitor.page(&address).await.contains("class=\"projector"), "{address}");
    }
}

#[tokio::test]
async fn a_step_that_a_press_adds_to_the_task_is_a_step_of_the_projector_view() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let address = "/lab/lessons/tamper?view=projector&at=do-1";
    let page = visitor.page(address).await;
    let token = field(&page, "token").unwrap();
    let fields = [("step", "payload"), ("token", token.as_str()), ("payload", r#"{"sub":"admin"}"#)];
    let answer =
        visitor.request(Method::POST, address).header("accept", "text/html").form(&fields).send().await.unwrap();
    let page = answer.text().await.unwrap();
    assert!(page.contains("<li id=\"do-2\">") && page.contains("href=\"#do-2\""), "{page}");
    assert!(page.contains("<span id=\"middle-character\"></span>"), "{page}");
}

#[tokio::test]
async fn what_is_pressed_in_the_projector_view_is_answered_at_its_step_again_and_again() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let post = |address: &str, fields: &[(&str, &str)]| {
        visitor.request(Method::POST, address).header("accept", "text/html").form(fields)
    };
    let page = visitor.page("/lab/lessons/none?view=projector&at=prediction").await;
    let predicted = post(&form_of(&page, "do"), &[("step", "skip")]).send().await.unwrap();
    assert_eq!(location(&predicted), "/lab/lessons/none?view=projector&at=do-1#do");
    let mut page = visitor.page("/lab/lessons/none?view=projector&at=do-1").await;
    for _ in 0..3 {
        let button = all_between(&page, "<button formaction=\"", "#verdict\"").last().unwrap().replace("&#38;", "&");
        assert_eq!(button, "/lab/lessons/none?view=projector&at=do-4");
        let sent = [("step", "send"), ("header", "{}"), ("payload", "{}"), ("signature", "")];
        page = Answer::to(post(&button, &sent)).await.body;
        assert!(page.contains("<li id=\"do-4\" class=\"now\">") && page.contains("id=\"verdict\""), "{page}");
        assert!(page.contains("class=\"projector at-do\""), "{page}");
    }
    let hinted = Answer::to(post(&form_of(&page, "help"), &[("step", "hint")])).await.body;
    assert!(hinted.contains("class=\"projector at-do\"") && hinted.contains("Hint 1."), "{hinted}");
}

#[tokio::test]
async fn the_whole_login_with_a_code_comes_back_to_its_step_of_the_projector_view() {
    const PATH: &str = "/lab/lessons/log-in-with-a-code";
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let post = |address: String, fields: Vec<(String, String)>| {
        visitor.request(Method::POST, &address).header("accept", "text/html").form(&fields).send()
    };
    let begin = vec![("do".to_owned(), "begin".to_owned())];
    let page = post(format!("{PATH}?view=projector&at=do-1"), begin).await.unwrap().text().await.unwrap();
    assert!(page.contains("<li id=\"do-1\" class=\"now\">"), "{page}");
    visitor.page(&format!("{PATH}?view=projector&at=do-2")).await;
    let authorize = all_between(&page, &format!("href=\"{PATH}/authorize"), "\"")[0].replace("&#38;", "&");
    let form = visitor.page(&format!("{PATH}/authorize{authorize}")).await;
    assert!(form.contains("class=\"projector\""), "{form}");
    let fields = all_between(&form, "type=\"hidden\" name=\"", "\">").into_iter().map(|field| {
        let (name, value) = field.split_once("\" value=\"").unwrap();
        (name.to_owned(), value.replace("&#38;", "&"))
    });
    let code = post(format!("{PATH}/login"), fields.collect()).await.unwrap();
    let callback = location(&code).split_once("/lab/").unwrap().1.to_owned();
    let back = visitor.get(&format!("/lab/{callback}")).await;
    assert!(location(&back).starts_with(&format!("{PATH}?view=projector&at=do-2&code=")), "{}", location(&back));
    let page = visitor.page(location(&back).split('#').next().unwrap()).await;
    assert!(page.contains("<li id=\"do-2\" class=\"now\">") && page.contains("id=\"verdict\""), "{page}");
    let whole = visitor.page(&format!("{PATH}?view=page")).await;
    assert!(!whole.contains("class=\"projector"), "{whole}");
    let again = visitor.get(&format!("/lab/{callback}")).await;
    assert!(!location(&again).contains("view=projector"), "the whole page was asked for last");
}

/// Where a form or a button of the page leads that has this fragment.
fn form_of(page: &str, fragment: &str) -> String {
    let addresses = all_between(page, "action=\"", "\"");
    let found = addresses.into_iter().find_map(|address| address.strip_suffix(&format!("#{fragment}")));
    found.unwrap_or_else(|| panic!("no form leads to {fragment}: {page}")).replace("&#38;", "&")
}

#[tokio::test]
async fn a_redirect_of_a_lesson_stays_in_the_projector_view() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    let address = "/lab/lessons/cross-site-forms?view=projector&at=do-1";
    let request = visitor.request(Method::POST, address).header("accept", "text/html").form(&[("step", "set")]);
    let answer = request.send().await.unwrap();
    assert_eq!(location(&answer), format!("{address}&step=set#verdict"));
}

#[tokio::test]
async fn the_last_step_of_the_projector_view_leads_to_the_next_lesson_in_it_and_to_the_paths() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for lesson in LESSONS.iter() {
        let page = visitor.page(&format!("/lab/lessons/{}?view=projector&at=sources", lesson.slug)).await;
        let next = lesson.next().map(|next| format!("href=\"/lab/lessons/{}?view=projector\"", next.slug));
        assert!(next.is_none_or(|next| page.matches(&next).count() == 2), "{}", lesson.slug);
        assert!(page.matches("href=\"/lab/teach\"").count() >= 2, "{}", lesson.slug);
    }
}

#[tokio::test]
async fn the_short_addresses_lead_to_the_lab() {
    let app = TestApp::spawn();
    let visitor = app.visitor();
    for path in ["/lab/", "/lab/lessons", "/lab/lessons/"] {
        let response = visitor.get(path).await;
        let is_page = response.status() == 200 || location(&response) == "/lab";
        assert!(is_page, "{path}: {}", response.status());
    }
    assert!(visitor.page("/lab").await.contains("href=\"/lab/teach\""));
}
