//! Checks the arguments of a call, and casts the literals among them.

use std::sync::Arc;

use crate::column::Column;
use crate::convert::{convert, is_convertible};
use crate::expr::{Failure, Kernel, List, Node, Outcome, Typed};
use crate::fold::fold_value;
use crate::types::Type;
use crate::value::{Ref, Value};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;

/// The code of errors that Elasticsearch's verifier raises.
pub(crate) const VERIFICATION: &str = "esql-verification";

/// A call whose arguments are being checked.
pub(crate) struct Binder<'a> {
    /// The whole query, for messages.
    pub(crate) text: &'a str,
    /// The function as written.
    pub(crate) name: &'a str,
    /// The call.
    pub(crate) span: Span,
    /// The arguments; checks may cast them.
    pub(crate) args: Vec<Typed>,
    /// Named options.
    pub(crate) options: Vec<(String, Value)>,
}

/// A function that is ready to run.
pub(crate) struct Bound {
    /// The type of its result.
    pub(crate) ty: Type,
    /// How it computes.
    pub(crate) kernel: Kernel,
}

type Result<T> = std::result::Result<T, Diagnostic>;

impl Binder<'_> {
    /// An error about the call as a whole.
    pub(crate) fn error(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(VERIFICATION, message, self.span)
    }

    /// Something valid that the harness does not do.
    pub(super) fn unsupported(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::unsupported("esql-unsupported", message, self.span)
    }

    /// Checks the number of arguments.
    pub(super) fn arity(&self, min: usize, max: usize) -> Result<()> {
        let found = self.args.len();
        if (min..=max).contains(&found) {
            return Ok(());
        }
        let expects = match (min, max) {
            (min, max) if min == max => match min {
                0 => "no arguments".to_owned(),
                1 => "exactly one argument".to_owned(),
                2 => "exactly two arguments".to_owned(),
                n => format!("exactly {n} arguments"),
            },
            (min, usize::MAX) => format!("at least {min} arguments"),
            (min, max) => format!("between {min} and {max} arguments"),
        };
        let name = self.name;
        Err(self.error(format!("error building [{name}]: function [{name}] expects {expects}")))
    }

    /// The type of an argument; `Null` where there is none.
    pub(super) fn ty(&self, index: usize) -> Type {
        self.args.get(index).map_or(Type::Null, |arg| arg.ty)
    }

    /// Checks the type of an argument. A string literal is cast to `cast`
    /// where strings are not among the types.
    pub(super) fn expect(
        &mut self,
        index: usize,
        fits: impl Fn(Type) -> bool,
        wanted: &str,
        cast: Option<Type>,
    ) -> Result<Type> {
        let Some(arg) = self.args.get(index) else { return Ok(Type::Null) };
        let ty = arg.ty;
        if ty == Type::Null || fits(ty) {
            return Ok(ty);
        }
        if let (Some(to), true) = (cast, matches!(arg.node, Node::Literal(_)) && ty.is_string()) {
            let literal = cast_literal(arg, to)?;
            self.args[index] = literal;
            return Ok(to);
        }
        Err(argument_error(self.text, self.span, self.args.len(), index, wanted, arg))
    }

    /// The error of an argument of the wrong type.
    pub(super) fn misfit(&self, index: usize, wanted: &str) -> Diagnostic {
        match self.args.get(index) {
            Some(arg) => argument_error(self.text, self.span, self.args.len(), index, wanted, arg),
            None => self.error(format!("argument must be [{wanted}]")),
        }
    }

    pub(super) fn string(&mut self, index: usize) -> Result<Type> {
        self.expect(index, Type::is_string, "string", None)
    }

    pub(super) fn integer(&mut self, index: usize) -> Result<Type> {
        self.expect(index, |ty| ty == Type::Integer, "integer", Some(Type::Integer))
    }

    pub(super) fn numeric(&mut self, index: usize) -> Result<Type> {
        self.expect(index, Type::is_numeric, "numeric", Some(Type::Double))
    }

    pub(super) fn date(&mut self, index: usize) -> Result<Type> {
        self.expect(index, Type::is_date, "date_nanos or datetime", Some(Type::Date))
    }

    pub(super) fn ip(&mut self, index: usize) -> Result<Type> {
        self.expect(index, |ty| ty == Type::Ip, "ip", Some(Type::Ip))
    }

    /// Any type that values can be compared and listed of.
    pub(super) fn representable(&mut self, index: usize) -> Result<Type> {
        let fits =
            |ty| !matches!(ty, Type::Period | Type::Duration | Type::Source | Type::Unsupported);
        self.expect(index, fits, "representable", None)
    }

    /// The one value of a constant argument.
    pub(super) fn constant(&self, index: usize) -> Option<Value> {
        self.args.get(index).and_then(fold_value)
    }

    /// Whether an argument is the same in every row.
    pub(super) fn is_constant(&self, index: usize) -> bool {
        self.args.get(index).is_some_and(Typed::is_constant)
    }

    pub(super) fn constant_text(&self, index: usize) -> Option<String> {
        match self.constant(index) {
            Some(Value::Str(text)) => Some(text),
            _ => None,
        }
    }

    /// A text option.
    pub(super) fn option(&self, name: &str) -> Option<&Value> {
        self.options.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }
}

impl Binder<'_> {
    /// The type that several arguments share (docs/semantics.md, "ES|QL, conditionals").
    ///
    /// Numbers of different types are cast to the type of the first, which has
    /// to be the widest.
    pub(crate) fn common_type(&self, indices: impl Iterator<Item = usize>) -> Result<Type> {
        let mut common = Type::Null;
        for index in indices {
            let ty = self.ty(index).without_text();
            let fits = match (common, ty) {
                (_, Type::Null) => true,
                (Type::Null, _) => {
                    common = ty;
                    true
                }
                (known, ty) if known == ty => true,
                (Type::Double, Type::Integer | Type::Long) | (Type::Long, Type::Integer) => true,
                _ => false,
            };
            if !fits {
                let arg = &self.args[index];
                let wanted = common.name();
                return Err(argument_error(
                    self.text,
                    self.span,
                    self.args.len(),
                    index,
                    wanted,
                    arg,
                ));
            }
        }
        Ok(common)
    }
}

impl Bound {
    /// A function of single values.
    pub(super) fn single(
        ty: Type,
        function: impl Fn(&[Ref<'_>]) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        Self { ty, kernel: Kernel::Single(Arc::new(function)) }
    }

    /// A function of each value.
    pub(super) fn map(
        ty: Type,
        function: impl Fn(Ref<'_>) -> Outcome + Send + Sync + 'static,
    ) -> Self {
        Self { ty, kernel: Kernel::Map(Arc::new(function)) }
    }

    /// A function of whole lists.
    pub(super) fn lists(
        ty: Type,
        function: impl Fn(&[List<'_>], &mut Vec<Value>) -> std::result::Result<(), Failure>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self { ty, kernel: Kernel::Lists(Arc::new(function)) }
    }
}

/// A string literal as a literal of another type.
///
/// # Errors
///
/// A value that has no counterpart: a literal that fails is an error, not null.
pub(crate) fn cast_literal(literal: &Typed, to: Type) -> Result<Typed> {
    let Node::Literal(column) = &literal.node else { return Ok(literal.clone()) };
    if !is_convertible(column.ty, to) {
        return Ok(literal.clone());
    }
    let mut values = Vec::new();
    for value in column.values(0) {
        match convert(value, column.ty, to) {
            Ok(converted) => values.extend(converted),
            Err(Failure::Warning(cause) | Failure::Fatal(cause)) => {
                let cause = cause.split_once(": ").map_or(cause.as_str(), |(_, message)| message);
                let message = format!(
                    "Cannot convert string [{}] to [{}], error [{cause}]",
                    value.str(),
                    to.name().to_uppercase()
                );
                return Err(Diagnostic::error(VERIFICATION, message, literal.span));
            }
        }
    }
    let column = Arc::new(Column::constant(to, &values, 1));
    Ok(Typed { node: Node::Literal(column), ty: to, span: literal.span })
}

/// The verifier's message about an argument of the wrong type.
pub(crate) fn argument_error(
    text: &str,
    call: Span,
    count: usize,
    index: usize,
    wanted: &str,
    found: &Typed,
) -> Diagnostic {
    const ORDINALS: [&str; 5] = ["first ", "second ", "third ", "fourth ", "fifth "];
    let ordinal = match (count, ORDINALS.get(index)) {
        (1, _) => String::new(),
        (_, Some(ordinal)) => (*ordinal).to_owned(),
        (_, None) => format!("{}th ", index + 1),
    };
    let message = format!(
        "{ordinal}argument of [{}] must be [{wanted}], found value [{}] type [{}]",
        call.of(text),
        found.span.of(text),
        found.ty
    );
    Diagnostic::error(VERIFICATION, message, call)
}
