// SPDX-License-Identifier: Apache-2.0
//! Decides a workload (docs/performance.md) with Cedar and prints one JSON
//! object: `writ-peer-cedar FILE.tsv [SECONDS]`.
//!
//! `ns` is the time from the five texts of a request to the decision, `engineNs`
//! that of a request which was built, address and all, before the clock started.
//! In Cedar's favour policies are parsed before, there are no entities to look
//! up, and action wildcards are written out as lists of the actions that the
//! workload asks for.
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityId, EntityTypeName, EntityUid, PolicySet,
    Request, RestrictedExpression,
};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::time::Instant;

struct Question<'a> {
    fields: &'a [&'a str],
    request: Request,
    allowed: Option<bool>,
}

/// What requests have in common.
struct Names {
    user: EntityTypeName,
    action: EntityTypeName,
    resource: EntityUid,
}

/// Whether `pattern`, in which `*` is any run of characters, matches `text`.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        Some((first, rest)) => text.first() == Some(first) && glob(rest, &text[1..]),
    }
}

fn policy_text(fields: &[&str], actions: &BTreeSet<&str>) -> String {
    let mut list = String::new();
    for action in actions {
        if fields[4].split(',').any(|p| glob(p.as_bytes(), action.as_bytes())) {
            if !list.is_empty() {
                list.push(',');
            }
            write!(list, "Action::\"{action}\"").unwrap();
        }
    }
    let effect = if fields[3] == "Deny" { "forbid" } else { "permit" };
    let mut text = format!(
        "@id(\"s{}\") {effect}(principal == User::\"{}\", action in [{list}], resource) when {{ \
         context.resource like \"{}\"",
        fields[1], fields[2], fields[5]
    );
    if fields[6] != "-" {
        write!(text, " && context.ip.isInRange(ip(\"{}\"))", fields[6]).unwrap();
    }
    if fields[7] != "-" {
        write!(text, " && context.secure == {}", fields[7]).unwrap();
    }
    text + " };\n"
}

fn request(names: &Names, fields: &[&str]) -> Request {
    let context = Context::from_pairs([
        ("resource".to_string(), RestrictedExpression::new_string(fields[3].to_string())),
        ("ip".to_string(), RestrictedExpression::new_ip(fields[4])),
        ("secure".to_string(), RestrictedExpression::new_bool(fields[5] == "true")),
    ])
    .expect("a context");
    Request::new(
        EntityUid::from_type_name_and_id(names.user.clone(), EntityId::new(fields[1])),
        EntityUid::from_type_name_and_id(names.action.clone(), EntityId::new(fields[2])),
        names.resource.clone(),
        context,
        None,
    )
    .expect("a request")
}

fn question<'a>(names: &Names, fields: &'a [&'a str]) -> Question<'a> {
    let allowed = match fields[6] {
        "-" => None,
        word => Some(word == "1"),
    };
    Question { fields, request: request(names, fields), allowed }
}

/// Processor time of this thread, in nanoseconds.
fn processor_ns() -> f64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a valid place for the answer.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut now) };
    now.tv_sec as f64 * 1e9 + now.tv_nsec as f64
}

/// Nanoseconds of one call: least, median and most of five rounds. Rounds go on
/// where the one before stopped.
fn time<'a>(questions: &[Question<'a>], seconds: f64, ask: impl Fn(&Question<'a>) -> bool) -> [f64; 3] {
    let mut rounds = Vec::new();
    let mut at = 0;
    for _ in 0..5 {
        let begin = processor_ns();
        let mut decided = 0u32;
        while processor_ns() - begin < seconds * 1e9 / 5.0 {
            for _ in 0..16 {
                std::hint::black_box(ask(&questions[at]));
                at = (at + 1) % questions.len();
            }
            decided += 16;
        }
        rounds.push((processor_ns() - begin) / f64::from(decided));
    }
    rounds.sort_by(f64::total_cmp);
    [rounds[0], rounds[2], rounds[4]]
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let text = std::fs::read_to_string(&arguments[1]).expect("the workload");
    let seconds: f64 = arguments.get(2).map_or(2.0, |word| word.parse().expect("seconds"));
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
    let actions: BTreeSet<&str> = lines.iter().filter(|l| l[0] == "R").map(|l| l[2]).collect();

    let begin = Instant::now();
    let source: String = lines
        .iter()
        .filter(|l| l[0] == "S")
        .map(|l| policy_text(l, &actions))
        .collect();
    let policies: PolicySet = source.parse().expect("policies");
    let build_ms = begin.elapsed().as_secs_f64() * 1e3;

    let names = Names {
        user: "User".parse().expect("a type"),
        action: "Action".parse().expect("a type"),
        resource: "Resource::\"r\"".parse().expect("an entity"),
    };
    let mut questions: Vec<Question> =
        lines.iter().filter(|l| l[0] == "R").map(|l| question(&names, l)).collect();
    let mut state: u64 = 7;
    for left in (2..=questions.len()).rev() {
        state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        questions.swap(left - 1, (state >> 33) as usize % left);
    }
    let authorizer = Authorizer::new();
    let entities = Entities::empty();
    let decide = |request: &Request| {
        authorizer.is_authorized(request, &policies, &entities).decision() == Decision::Allow
    };
    let allows = |question: &Question| decide(&question.request);

    let checked: Vec<&Question> = questions.iter().filter(|q| q.allowed.is_some()).collect();
    let wrong = checked.iter().filter(|q| Some(allows(q)) != q.allowed).count();

    let whole = time(&questions, seconds, |q| decide(&request(&names, q.fields)));
    let built = time(&questions, seconds, |q| decide(&q.request));
    let all = if built[1] * questions.len() as f64 > 60e9 {
        "null".to_string()
    } else {
        questions.iter().filter(|q| allows(q)).count().to_string()
    };
    println!(
        "{{\"engine\":\"cedar\",\"S\":{},\"ns\":{:.1},\"min\":{:.1},\"max\":{:.1},\"engineNs\":{:.1},\
         \"requests\":{},\"checked\":{},\"mismatches\":{},\"allows\":{},\"buildMs\":{:.1}}}",
        lines.iter().filter(|l| l[0] == "S").count(),
        whole[1],
        whole[0],
        whole[2],
        built[1],
        questions.len(),
        checked.len(),
        wrong,
        all,
        build_ms
    );
    std::process::exit(i32::from(wrong > 0));
}
