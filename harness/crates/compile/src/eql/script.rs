//! Expressions to scripts.

use std::sync::Arc;

use super::Compiler;
use super::field::{Resolved, Type};
use harness_model::schema::{Field, FieldType};
use harness_model::value::{Resolution, ip_interval};
use harness_predicate::script::{
    Arithmetic as ScriptArithmetic, Comparison as ScriptComparison, Expr as Script,
    Function as ScriptFunction, Input, JavaRegex, Reading, Script as FinishedScript, ScriptValue,
};
use harness_predicate::{Column, Kind};
use harness_query::eql::ast::{
    Arithmetic, Call, Comparison, Expr, ExprKind, Literal, Matcher, Membership, Text,
};
use harness_query::eql::functions::Function;
use harness_source::diagnostic::Diagnostic;
use harness_source::limits;
use harness_source::span::Span;
use harness_text::pattern::Case;

/// The most nodes that a list of values may make of a script.
const MAX_NODES: usize = limits::SCRIPT_SIZE.most;

/// A script under construction.
#[derive(Clone)]
pub(super) struct Fragment {
    pub(super) expr: Script,
    pub(super) inputs: Vec<Input>,
}

impl Fragment {
    pub(super) fn constant(value: ScriptValue) -> Self {
        Self { expr: Script::Constant(value), inputs: Vec::new() }
    }

    pub(super) fn finish(self) -> FinishedScript {
        FinishedScript { expr: self.expr, inputs: self.inputs }
    }
}

/// One side of a comparison.
pub(super) enum Operand {
    /// Known now.
    Constant(ScriptValue),
    /// A field, by itself.
    Field(Arc<Field>),
    /// A field that no event has, by itself: its name.
    Missing(Arc<str>),
    /// Anything else, with its type.
    Script(Fragment, Type),
}

impl Operand {
    /// The name of a field, by itself.
    pub(super) fn field(&self) -> Option<&str> {
        match self {
            Self::Field(field) => Some(&field.name),
            Self::Missing(name) => Some(name),
            Self::Constant(_) | Self::Script(..) => None,
        }
    }
}

/// A comparison inside a script; `!=` is a negation.
pub(super) fn comparison(op: Comparison, left: Script, right: Script) -> Script {
    let compare = |op, args| Script::Call(ScriptFunction::Compare(op), args);
    let args = vec![left, right];
    match op {
        Comparison::Equal => compare(ScriptComparison::Equal, args),
        Comparison::NotEqual => negated(compare(ScriptComparison::Equal, args)),
        Comparison::Less => compare(ScriptComparison::Less, args),
        Comparison::LessEqual => compare(ScriptComparison::LessEqual, args),
        Comparison::Greater => compare(ScriptComparison::Greater, args),
        Comparison::GreaterEqual => compare(ScriptComparison::GreaterEqual, args),
    }
}

fn negated(script: Script) -> Script {
    Script::Call(ScriptFunction::Not, vec![script])
}

/// How many nodes a script has.
fn nodes(script: &Script) -> usize {
    match script {
        Script::Constant(_) | Script::Input(_) => 1,
        Script::Call(_, args) => 1 + args.iter().map(nodes).sum::<usize>(),
    }
}

/// The disjunction of one or more scripts.
fn any(mut parts: Vec<Script>) -> Script {
    if parts.len() == 1 { parts.remove(0) } else { Script::Call(ScriptFunction::Or, parts) }
}

/// What functions take and give.
pub(super) trait Signature {
    /// Whether the function gives a boolean.
    fn gives_boolean(self) -> bool;
    /// The type of its value.
    fn gives(self) -> Type;
    /// Whether an argument has to be a whole number: a base or a place in a string.
    fn counts(self, at: usize) -> bool;
    /// What an argument has to be; `None` for anything.
    fn takes(self, at: usize) -> Option<Type>;
}

impl Signature for Function {
    fn gives_boolean(self) -> bool {
        self.gives() == Type::Boolean
    }

    fn gives(self) -> Type {
        match self {
            Self::CidrMatch | Self::EndsWith | Self::StartsWith | Self::StringContains => {
                Type::Boolean
            }
            Self::Between | Self::Concat | Self::String | Self::Substring => Type::String,
            Self::Add
            | Self::Divide
            | Self::IndexOf
            | Self::Length
            | Self::Modulo
            | Self::Multiply
            | Self::Number
            | Self::Subtract => Type::Number,
        }
    }

    fn counts(self, at: usize) -> bool {
        match self {
            Self::Number | Self::Substring => at >= 1,
            Self::IndexOf => at == 2,
            Self::Add
            | Self::Between
            | Self::CidrMatch
            | Self::Concat
            | Self::Divide
            | Self::EndsWith
            | Self::Length
            | Self::Modulo
            | Self::Multiply
            | Self::StartsWith
            | Self::String
            | Self::StringContains
            | Self::Subtract => false,
        }
    }

    fn takes(self, at: usize) -> Option<Type> {
        match (self, at) {
            (Self::Concat | Self::String, _) => None,
            (Self::CidrMatch, 0) => Some(Type::Ip),
            (Self::Between, 3) => Some(Type::Boolean),
            (Self::IndexOf, 2)
            | (Self::Number | Self::Substring, 1..)
            | (Self::Add | Self::Divide | Self::Modulo | Self::Multiply | Self::Subtract, _) => {
                Some(Type::Number)
            }
            (
                Self::Between
                | Self::CidrMatch
                | Self::EndsWith
                | Self::IndexOf
                | Self::Length
                | Self::Number
                | Self::StartsWith
                | Self::StringContains
                | Self::Substring,
                _,
            ) => Some(Type::String),
        }
    }
}

/// Whether a script by itself is a constant with decimals, or a field of such.
fn is_float(script: &Script, inputs: &[Input]) -> bool {
    match script {
        Script::Constant(value) => matches!(value, ScriptValue::Float(_)),
        Script::Input(at) => inputs.get(*at).is_some_and(|input| input.column.kind == Kind::Double),
        Script::Call(..) => false,
    }
}

impl Compiler<'_> {
    /// Compiles one side of a comparison.
    pub(super) fn operand(&mut self, expr: &Expr) -> Operand {
        if let ExprKind::Field(name) = &expr.kind {
            return match self.resolve(name) {
                Resolved::Field(field) => Operand::Field(field),
                Resolved::Missing(name) => Operand::Missing(name),
                Resolved::Null => Operand::Constant(ScriptValue::Null),
            };
        }
        let mut inputs = Vec::new();
        let (script, ty) = self.script(expr, &mut inputs);
        if !inputs.is_empty() {
            return Operand::Script(Fragment { expr: script, inputs }, ty);
        }
        match script.eval(&[]) {
            Ok(value) => Operand::Constant(value),
            Err(error) => {
                self.error(error.to_string(), expr.span);
                Operand::Constant(ScriptValue::Null)
            }
        }
    }

    fn script(&mut self, expr: &Expr, inputs: &mut Vec<Input>) -> (Script, Type) {
        match &expr.kind {
            ExprKind::Literal(literal) => {
                let value = match literal {
                    Literal::Null => ScriptValue::Null,
                    Literal::Bool(value) => ScriptValue::Bool(*value),
                    Literal::Integer(value) => ScriptValue::Integer(*value),
                    Literal::Float(value) => ScriptValue::Float(*value),
                    Literal::String(value) => ScriptValue::String(value.clone()),
                };
                let ty = Type::of_value(&value);
                (Script::Constant(value), ty)
            }
            ExprKind::Field(name) => match self.resolve(name) {
                Resolved::Field(field) => {
                    if !field.access.has_doc_values() {
                        let message =
                            format!("`{}` has no doc values, which scripts read", name.name);
                        let error = Diagnostic::error("field-not-searchable", message, name.span);
                        self.errors.push(error);
                    }
                    if field.ty == FieldType::Unsigned {
                        let message = format!(
                            "`{}` has type unsigned_long, which scripts here do not read",
                            name.name
                        );
                        let reason = Diagnostic::unsupported("field-type", message, name.span);
                        self.errors.push(reason);
                    }
                    read(&field, inputs)
                }
                Resolved::Missing(name) => {
                    inputs.push(Input { column: Column::absent(&name), reading: Reading::Plain });
                    (Script::Input(inputs.len() - 1), Type::Null)
                }
                Resolved::Null => (Script::Constant(ScriptValue::Null), Type::Null),
            },
            ExprKind::Call(call) => self.script_call(call, inputs),
            ExprKind::Negative(inner) => {
                let inner = self.typed(inner, Type::Number, "-", inputs);
                (Script::Call(ScriptFunction::Negative, vec![inner]), Type::Number)
            }
            ExprKind::Arithmetic { op, left, right } => {
                let left = self.typed(left, Type::Number, op.symbol(), inputs);
                let right = self.typed(right, Type::Number, op.symbol(), inputs);
                (Script::Call(arithmetic(*op), vec![left, right]), Type::Number)
            }
            ExprKind::Compare { op, left, right } => {
                (self.script_compare(*op, left, right, inputs), Type::Boolean)
            }
            ExprKind::Match { op, target, values } => {
                let target = self.typed(target, Type::String, op.symbol(), inputs);
                (self.script_match(*op, &target, values), Type::Boolean)
            }
            ExprKind::In { target, values, case, membership } => {
                let script = self.script_in(target, values, *case, inputs);
                let script = match membership {
                    Membership::In => script,
                    Membership::NotIn => negated(script),
                };
                (script, Type::Boolean)
            }
            ExprKind::Not(inner) => {
                let inner = self.typed(inner, Type::Boolean, "not", inputs);
                (negated(inner), Type::Boolean)
            }
            ExprKind::And(parts) => {
                (self.script_logic(ScriptFunction::And, parts, "and", inputs), Type::Boolean)
            }
            ExprKind::Or(parts) => {
                self.check_folding(parts);
                (self.script_logic(ScriptFunction::Or, parts, "or", inputs), Type::Boolean)
            }
        }
    }

    /// A script that has to be of one type.
    fn typed(&mut self, expr: &Expr, wanted: Type, by: &str, inputs: &mut Vec<Input>) -> Script {
        let (script, ty) = self.script(expr, inputs);
        if ty != wanted && ty != Type::Null {
            self.error(format!("`{by}` takes {wanted}, {expr} is {ty}"), expr.span);
        }
        script
    }

    fn script_logic(
        &mut self,
        function: ScriptFunction,
        parts: &[Expr],
        by: &str,
        inputs: &mut Vec<Input>,
    ) -> Script {
        let parts = parts.iter().map(|part| self.typed(part, Type::Boolean, by, inputs)).collect();
        Script::Call(function, parts)
    }

    fn script_compare(
        &mut self,
        op: Comparison,
        left: &Expr,
        right: &Expr,
        inputs: &mut Vec<Input>,
    ) -> Script {
        let (left, _) = self.script(left, inputs);
        let (right, _) = self.script(right, inputs);
        let null = Script::Constant(ScriptValue::Null);
        let tested = match (op, left == null, right == null) {
            (Comparison::Equal | Comparison::NotEqual, _, true) => left,
            (Comparison::Equal | Comparison::NotEqual, true, _) => right,
            _ => return comparison(op, left, right),
        };
        let is_null = Script::Call(ScriptFunction::IsNull, vec![tested]);
        if op == Comparison::Equal { is_null } else { negated(is_null) }
    }

    /// Whether a script may be repeated for so many values; else an error is noted.
    pub(super) fn affordable(&mut self, script: &Script, values: usize, span: Span) -> bool {
        let affordable = nodes(script).saturating_mul(values) <= MAX_NODES;
        if !affordable {
            let message = format!("{values} values are too many for an expression of this size");
            self.errors.push(Diagnostic::unsupported("eql-size", message, span));
        }
        affordable
    }

    fn script_match(&mut self, op: Matcher, target: &Script, values: &[Text]) -> Script {
        let span = values.first().map_or(Span::default(), |value| value.span);
        if !self.affordable(target, values.len(), span) {
            return Script::Constant(ScriptValue::Null);
        }
        let call = |function, text: &Text| {
            let text = Script::Constant(ScriptValue::String(text.value.clone()));
            Script::Call(function, vec![target.clone(), text])
        };
        let case = match op {
            Matcher::Colon => Case::Insensitive,
            Matcher::Like(case) => case,
            Matcher::Regex(case) => {
                let source: Vec<&str> = values.iter().map(|value| value.value.as_str()).collect();
                return self.java(JavaRegex::parse(&source.join("|"), case), target, span);
            }
        };
        let parts = values.iter().map(|value| match case {
            _ if value.value.contains(['*', '?']) => {
                self.java(JavaRegex::like(&value.value, case), target, value.span)
            }
            Case::Insensitive => call(ScriptFunction::EqualsInsensitive, value),
            Case::Sensitive => call(ScriptFunction::Compare(ScriptComparison::Equal), value),
        });
        any(parts.collect())
    }

    fn java(
        &mut self,
        regex: Result<JavaRegex, harness_predicate::script::JavaRegexError>,
        target: &Script,
        span: Span,
    ) -> Script {
        match regex {
            Ok(regex) => Script::Call(ScriptFunction::Matches(regex), vec![target.clone()]),
            Err(error) => {
                let error = Diagnostic::unsupported("eql-regex", error.to_string(), span);
                self.errors.push(error);
                Script::Constant(ScriptValue::Null)
            }
        }
    }

    /// The values of `in`, with their places.
    pub(super) fn constants(&mut self, values: &[Expr]) -> Vec<(ScriptValue, Span)> {
        let mut constants = Vec::with_capacity(values.len());
        for value in values {
            match self.operand(value) {
                Operand::Constant(constant) => constants.push((constant, value.span)),
                Operand::Field(_) | Operand::Missing(_) | Operand::Script(..) => {
                    self.error("the values of `in` have to be constants", value.span);
                }
            }
        }
        constants
    }

    fn script_in(
        &mut self,
        target: &Expr,
        values: &[Expr],
        case: Case,
        inputs: &mut Vec<Input>,
    ) -> Script {
        let named = target;
        let (target, ty) = self.script(named, inputs);
        let constants = self.constants(values);
        self.check_list(ty, named, &constants);
        let mut args: Vec<_> =
            constants.into_iter().map(|(value, _)| Script::Constant(value)).collect();
        match case {
            Case::Sensitive => {
                args.insert(0, target);
                Script::Call(ScriptFunction::In, args)
            }
            Case::Insensitive => {
                let span = values.first().map_or(Span::default(), |value| value.span);
                if !self.affordable(&target, args.len(), span) {
                    return Script::Constant(ScriptValue::Null);
                }
                let equal = |value| {
                    let args = vec![target.clone(), value];
                    Script::Call(ScriptFunction::EqualsInsensitive, args)
                };
                any(args.into_iter().map(equal).collect())
            }
        }
    }

    fn script_call(&mut self, call: &Call, inputs: &mut Vec<Input>) -> (Script, Type) {
        let (function, case) = (call.function, call.case);
        let mut args = Vec::with_capacity(call.args.len());
        for (at, arg) in call.args.iter().enumerate() {
            let script = match function.takes(at) {
                Some(wanted) => self.typed(arg, wanted, function.name(), inputs),
                None => self.script(arg, inputs).0,
            };
            if function.counts(at) && is_float(&script, inputs) {
                let function = function.name();
                self.error(format!("`{function}` takes a whole number, found {arg}"), arg.span);
            }
            args.push(script);
        }
        let arithmetic = ScriptFunction::Arithmetic;
        let script = match function {
            Function::Add => arithmetic(ScriptArithmetic::Add),
            Function::Subtract => arithmetic(ScriptArithmetic::Subtract),
            Function::Multiply => arithmetic(ScriptArithmetic::Multiply),
            Function::Divide => arithmetic(ScriptArithmetic::Divide),
            Function::Modulo => arithmetic(ScriptArithmetic::Modulo),
            Function::Between => ScriptFunction::Between(case),
            Function::CidrMatch => {
                let networks = args.split_off(1);
                self.networks(call, &networks)
            }
            Function::Concat => ScriptFunction::Concat,
            Function::EndsWith => ScriptFunction::EndsWith(case),
            Function::IndexOf => ScriptFunction::IndexOf(case),
            Function::Length => ScriptFunction::Length,
            Function::Number => ScriptFunction::Number,
            Function::StartsWith => ScriptFunction::StartsWith(case),
            Function::String => ScriptFunction::String,
            Function::StringContains => ScriptFunction::StringContains(case),
            Function::Substring => ScriptFunction::Substring,
        };
        (Script::Call(script, args), function.gives())
    }

    /// The networks of `cidrMatch`: constants.
    fn networks(&mut self, call: &Call, args: &[Script]) -> ScriptFunction {
        let mut networks = Vec::with_capacity(args.len());
        for (script, arg) in args.iter().zip(call.args.iter().skip(1)) {
            let network = match script {
                Script::Constant(ScriptValue::String(text)) => {
                    ip_interval(text).map_err(|error| error.to_string())
                }
                _ => Err("the networks of `cidrMatch` have to be constants".to_owned()),
            };
            match network {
                Ok(network) => networks.push(network),
                Err(message) => self.error(message, arg.span),
            }
        }
        ScriptFunction::CidrMatch(networks)
    }
}

/// Reads one value of a field.
fn read(field: &Field, inputs: &mut Vec<Input>) -> (Script, Type) {
    let Some(column) = field.column() else {
        return (Script::Constant(ScriptValue::Null), Type::Null);
    };
    let reading = match &field.ty {
        FieldType::Boolean => Reading::Boolean,
        FieldType::Date { resolution: Resolution::Millis, .. } => Reading::Date,
        FieldType::Date { resolution: Resolution::Nanos, .. } => Reading::Nanos,
        _ => Reading::Plain,
    };
    inputs.push(Input { column, reading });
    (Script::Input(inputs.len() - 1), Type::of(&field.ty))
}

fn arithmetic(op: Arithmetic) -> ScriptFunction {
    ScriptFunction::Arithmetic(match op {
        Arithmetic::Add => ScriptArithmetic::Add,
        Arithmetic::Subtract => ScriptArithmetic::Subtract,
        Arithmetic::Multiply => ScriptArithmetic::Multiply,
        Arithmetic::Divide => ScriptArithmetic::Divide,
        Arithmetic::Modulo => ScriptArithmetic::Modulo,
    })
}
