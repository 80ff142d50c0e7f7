//! stub
#[derive(Debug, Clone)]
pub struct Settings(pub String);
