//! Each of servio's indexes is there for a question. The planner of a filled database decides whether it is.
use std::path::Path;

use crate::packs::support::{apply, filled, read, rows};

const TABLES: [&str; 8] = [
    "fill_restaurants",
    "fill_customers",
    "fill_inventory_items",
    "fill_orders",
    "fill_order_items",
    "fill_payments",
    "fill_reservations",
    "fill_webhook_deliveries",
];

/// Index and question.
fn questions(text: &str) -> Vec<(String, String)> {
    let parts = text.split("\n-- idx_").skip(1);
    parts
        .map(|part| {
            let (name, question) = part.split_once('\n').unwrap();
            (format!("idx_{name}"), question.trim().trim_end_matches(';').to_owned())
        })
        .collect()
}

#[tokio::test]
async fn every_index_answers_the_question_that_it_is_there_for() {
    let db = filled("servio", 20_000, &TABLES).await;
    apply(&db, "servio").await;
    db.batch("vacuum analyze").await;
    let questions = questions(&read(Path::new("tests/database/packs/servio_questions.sql")));
    let built =
        rows(&db, r"select relname from pg_class where relkind = 'i' and relname like 'idx\_%' order by 1")
            .await;
    let mut asked: Vec<&str> = questions.iter().map(|(index, _)| index.as_str()).collect();
    asked.sort_unstable();
    assert_eq!(asked.join("\n"), built, "each index has its question, and each question its index");
    assert!(asked.len() > 40, "{}", asked.len());
    let mut wrong = Vec::new();
    for (index, question) in &questions {
        let plan = rows(&db, &format!("explain {question}")).await;
        if !plan.contains(&format!(" {index} ")) {
            wrong.push(format!("{index} does not answer\n{question}\n{plan}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
