//! What a field name stands for, and the types of values.

use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use super::Compiler;
use crate::clause::unsupported_type;
use harness_model::schema::{Access, Field, FieldType, Unmapped};
use harness_predicate::script::ScriptValue;
use harness_query::eql::ast;
use harness_query::eql::functions::closest;
use harness_source::diagnostic::Diagnostic;

/// What a field name stands for.
pub(super) enum Resolved {
    /// A field that is compared as a whole.
    Field(Arc<Field>),
    /// A field that no event has: its name.
    Missing(Arc<str>),
    /// The constant null.
    Null,
}

impl Resolved {
    /// The field, where there is one.
    pub(super) fn field(self) -> Option<Arc<Field>> {
        match self {
            Self::Field(field) => Some(field),
            Self::Missing(_) | Self::Null => None,
        }
    }
}

/// The type of a value, as far as comparisons care.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    String,
    Number,
    Boolean,
    Date,
    Ip,
    Version,
    /// Of null.
    Null,
}

impl Display for Type {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Date => "a date",
            Self::Ip => "an address",
            Self::Version => "a version",
            Self::Null => "null",
        })
    }
}

impl Type {
    /// The type of a field's values.
    pub(super) fn of(ty: &FieldType) -> Self {
        match ty {
            FieldType::Keyword { .. }
            | FieldType::ConstantKeyword { .. }
            | FieldType::Wildcard { .. }
            | FieldType::Text { .. }
            | FieldType::MatchOnlyText
            | FieldType::Flattened { .. }
            | FieldType::FlattenedKey { .. } => Self::String,
            FieldType::Integer(_) | FieldType::Float(_) | FieldType::Unsigned => Self::Number,
            FieldType::Boolean => Self::Boolean,
            FieldType::Date { .. } => Self::Date,
            FieldType::Ip => Self::Ip,
            FieldType::Version => Self::Version,
            FieldType::Object
            | FieldType::Range { .. }
            | FieldType::Geometry(_)
            | FieldType::Nested
            | FieldType::Other(_)
            | FieldType::Refused(_) => Self::Null,
        }
    }

    /// The type of a constant.
    pub(super) fn of_value(value: &ScriptValue) -> Self {
        match value {
            ScriptValue::Null => Self::Null,
            ScriptValue::Bool(_) => Self::Boolean,
            ScriptValue::Integer(_) | ScriptValue::Float(_) => Self::Number,
            ScriptValue::String(_) => Self::String,
        }
    }

    /// Whether `in` takes a constant of type `other` for a value of this one.
    pub(super) fn lists(self, other: Self) -> bool {
        self == other || self == Self::Null || other == Self::Null
    }

    /// What to write instead of a list, for types that have no constants of their own.
    pub(super) fn instead_of_list(self) -> Option<&'static str> {
        match self {
            Self::Ip => Some("write `cidrMatch`, which takes single addresses as well"),
            Self::Date => Some("compare with `>=` and `<`"),
            Self::String | Self::Number | Self::Boolean | Self::Version | Self::Null => None,
        }
    }
}

impl Compiler<'_> {
    /// What a field name stands for; an error is noted and stands for a missing field.
    pub(super) fn resolve(&mut self, name: &ast::Field) -> Resolved {
        match self.exact(name) {
            Ok(resolved) => resolved,
            Err(error) => {
                self.errors.push(error);
                Resolved::Missing(name.name.as_str().into())
            }
        }
    }

    pub(super) fn exact(&self, name: &ast::Field) -> Result<Resolved, Diagnostic> {
        let schema = self.context.schema;
        let error = |message: String| Diagnostic::error("eql-field", message, name.span);
        let Some(field) = schema.field(&name.name) else {
            if !schema.below(&name.name).is_empty() {
                let help = "name one of the fields below it";
                return Err(error(format!("`{}` is an object", name.name)).with_help(help));
            }
            return match (self.options.unmapped, name.demand) {
                (Unmapped::Missing, _) => Ok(Resolved::Missing(name.name.as_str().into())),
                (Unmapped::Strict, ast::Demand::Optional) => Ok(Resolved::Null),
                (Unmapped::Strict, ast::Demand::Required) => {
                    let names = schema.fields().map(|field| &*field.name);
                    let help = match closest(&name.name, names) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "mark fields that may be unmapped with `?`".to_owned(),
                    };
                    Err(error(format!("unknown field `{}`", name.name)).with_help(help))
                }
            };
        };
        if field.nested.is_some() || field.ty == FieldType::Nested {
            return Err(error(format!("`{}` is nested, which EQL cannot query", name.name)));
        }
        match &field.ty {
            FieldType::Text { .. } | FieldType::MatchOnlyText => {
                let message =
                    format!("`{}` is analyzed text without a keyword sub-field", name.name);
                let missing = error(message).with_help("EQL compares whole values only");
                self.keyword_of(&field).map(Resolved::Field).ok_or(missing)
            }
            FieldType::Object => {
                let help = "name one of the fields below it";
                Err(error(format!("`{}` is an object", name.name)).with_help(help))
            }
            FieldType::Flattened { .. } => {
                Err(error(format!("`{}` is flattened, which EQL cannot query", name.name)))
            }
            FieldType::FlattenedKey { root, .. } => {
                let message = format!(
                    "`{}` is a key of the flattened `{root}`: EQL cannot query it",
                    name.name
                );
                Err(error(message).with_help("map the key by itself, or write the rule in KQL"))
            }
            ty @ (FieldType::Range { .. } | FieldType::Geometry(_)) => {
                let ty = ty.name();
                Err(error(format!("`{}` has type {ty}, which EQL cannot query", name.name)))
            }
            FieldType::Other(ty) if **ty != *"binary" => {
                Err(error(format!("`{}` has type {ty}, which EQL cannot query", name.name)))
            }
            FieldType::Other(_) if field.access == Access::Source => Ok(Resolved::Field(field)),
            FieldType::Other(_) | FieldType::Refused(_) => Err(unsupported_type(&field, name.span)),
            _ => Ok(Resolved::Field(field)),
        }
    }

    /// The one sub-field that holds the whole values of a text field.
    fn keyword_of(&self, text: &Field) -> Option<Arc<Field>> {
        let schema = self.context.schema;
        let is_exact = |field: &Arc<Field>| {
            Type::of(&field.ty) == Type::String
                && field.ty.analyzer().is_none()
                && field.source == text.source
        };
        let usual = schema.field(&format!("{}.keyword", text.name)).filter(is_exact);
        usual.or_else(|| {
            let mut all = schema.below(&text.name).into_iter().filter(is_exact);
            let only = all.next()?;
            all.next().is_none().then_some(only)
        })
    }
}
