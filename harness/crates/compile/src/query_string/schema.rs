//! What a schema tells a query string about its fields.

use super::{Fields, Role};
use harness_model::schema::{FieldType, Schema};
use harness_text::analysis::Token;
use harness_text::pattern::glob::{Glob, GlobPart};

impl Fields for Schema {
    fn role(&self, name: &str) -> Role {
        match self.field(name) {
            None => Role::Unmapped,
            Some(field) if field.ty.analyzer().is_some() => Role::Text,
            Some(field) if matches!(field.ty, FieldType::Object | FieldType::Nested) => {
                Role::Unmapped
            }
            Some(field) if matches!(field.ty, FieldType::ConstantKeyword { .. }) => Role::Constant,
            Some(_) => Role::Exact,
        }
    }

    fn searchable(&self) -> Vec<String> {
        self.fields().map(|field| field.name.to_string()).collect()
    }

    fn matching(&self, pattern: &str) -> Vec<String> {
        let literals = pattern.split('*').map(|part| GlobPart::Literal(part.to_owned()));
        let mut parts: Vec<_> = literals.flat_map(|part| [part, GlobPart::Many]).collect();
        parts.pop();
        let names = self.matching(&Glob::from_parts(parts)).into_iter();
        names
            // A field whose own name has a star would stand for itself.
            .filter(|name| !name.contains('*') && self.role(name) != Role::Unmapped)
            .map(|name| name.to_string())
            .collect()
    }

    fn tokens(&self, name: &str, text: &str) -> Vec<Token> {
        let field = self.field(name);
        let analyzer = field.as_ref().and_then(|field| field.ty.analyzer());
        analyzer.map(|analyzer| analyzer.tokens(text)).unwrap_or_default()
    }

    fn pattern_name(&self, name: &str) -> String {
        let field = self.field(name);
        field.map_or_else(|| name.to_owned(), |field| field.pattern_name().to_string())
    }

    fn normalize(&self, name: &str, text: &str) -> String {
        let field = self.field(name);
        let analyzer = field.as_ref().and_then(|field| field.ty.analyzer());
        analyzer.map_or_else(|| text.to_owned(), |analyzer| analyzer.normalize(text))
    }
}
