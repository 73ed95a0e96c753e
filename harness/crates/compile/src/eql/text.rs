//! Strings against string constants: `:`, `like`, `regex`, `in~`.

use super::Compiler;
use super::condition::Condition;
use super::field::Type;
use super::script::{Fragment, Operand};
use crate::clause::Normalize;
use harness_model::schema::FieldType;
use harness_predicate::script::{
    Comparison, Expr as Script, Function as ScriptFunction, JavaRegex, ScriptValue,
};
use harness_predicate::{Predicate, Test};
use harness_query::dsl::Scalar;
use harness_query::eql::ast::{Expr, Matcher, Text};
use harness_source::diagnostic::Diagnostic;
use harness_source::span::Span;
use harness_text::pattern::{Case, Pattern};

impl Compiler<'_> {
    /// `:`, `like` and `regex`.
    pub(super) fn matches(
        &mut self,
        op: Matcher,
        target: &Expr,
        values: &[Text],
        span: Span,
    ) -> Condition {
        let operand = self.operand(target);
        if let (Operand::Script(..) | Operand::Constant(_), Matcher::Regex(case)) = (&operand, op) {
            // Scripts join the alternatives.
            let source: Vec<&str> = values.iter().map(|value| value.value.as_str()).collect();
            let joined = Text { value: source.join("|"), span };
            return self.each_text(target, &operand, &[joined], span, |compiler, operand, text| {
                compiler.regex(operand, text, case)
            });
        }
        self.each_text(target, &operand, values, span, |compiler, operand, text| match op {
            Matcher::Colon => compiler.wildcard(operand, text, Case::Insensitive),
            Matcher::Like(case) => compiler.wildcard(operand, text, case),
            Matcher::Regex(case) => compiler.regex(operand, text, case),
        })
    }

    /// Some of the texts matches the operand.
    pub(super) fn each_text(
        &mut self,
        target: &Expr,
        operand: &Operand,
        texts: &[Text],
        span: Span,
        test: impl Fn(&mut Self, &Operand, &Text) -> Condition,
    ) -> Condition {
        let ty = match operand {
            Operand::Field(field) => Type::of(&field.ty),
            Operand::Script(_, ty) => *ty,
            Operand::Constant(value) => Type::of_value(value),
            Operand::Missing(_) => Type::Null,
        };
        if !matches!(ty, Type::String | Type::Null) {
            let message = format!("{target} is {ty}, and only strings are matched so");
            match (ty, texts) {
                (Type::Ip, [text, ..]) => {
                    let help =
                        format!("`cidrMatch({target}, {:?})` asks for a network", text.value);
                    self.error_with(message, span, help);
                }
                _ => self.error(message, span),
            }
            return Condition::Const(false);
        }
        if let Operand::Constant(ScriptValue::Null) = operand {
            return Condition::Null;
        }
        if let Operand::Script(fragment, _) = operand
            && !self.affordable(&fragment.expr, texts.len(), span)
        {
            return Condition::Const(false);
        }
        let mut parts = Vec::with_capacity(texts.len());
        for text in texts {
            let part = test(self, operand, text);
            parts.push(match part {
                // The part of a list is its value, a single value the whole.
                Condition::Script(script, _) if texts.len() == 1 => Condition::Script(script, span),
                part => part,
            });
        }
        self.combine(parts, false)
    }

    pub(super) fn equals_insensitive(&mut self, operand: &Operand, text: &Text) -> Condition {
        match operand.field() {
            Some(name) => self.equals(operand, name, text, Case::Insensitive),
            None => self.scripted(operand, text, ScriptFunction::EqualsInsensitive),
        }
    }

    fn equals(&mut self, operand: &Operand, name: &str, text: &Text, case: Case) -> Condition {
        let is_constant = matches!(operand, Operand::Field(field)
            if matches!(field.ty, FieldType::ConstantKeyword { .. }));
        let clause = self.clause(name, text.span);
        if case == Case::Insensitive && text.value.is_empty() && !is_constant {
            // Lucene's automaton of no characters matches nothing.
            let nothing = Test::Term(Pattern::Equals(String::new(), case));
            return Condition::Test(clause.absent(nothing));
        }
        let term = clause.term(&Scalar::String(text.value.clone()), case);
        self.tested(term)
    }

    /// `:` and `like`: equality where there are no wildcards.
    fn wildcard(&mut self, operand: &Operand, text: &Text, case: Case) -> Condition {
        let is_wild = text.value.contains(['*', '?']);
        match (operand.field(), case, is_wild) {
            (Some(name), _, true) => {
                // Wildcards cannot be escaped: a backslash is itself.
                let pattern = text.value.replace('\\', "\\\\");
                let clause = self.clause(name, text.span);
                let wildcard = clause.wildcard(&pattern, case, Normalize::No);
                self.tested(wildcard)
            }
            (Some(name), _, false) => self.equals(operand, name, text, case),
            (None, _, true) => {
                let regex = JavaRegex::like(&text.value, case);
                match regex {
                    Ok(regex) => self.scripted(operand, text, ScriptFunction::Matches(regex)),
                    Err(error) => self.unsupported(&error.to_string(), text.span),
                }
            }
            (None, Case::Insensitive, false) => {
                self.scripted(operand, text, ScriptFunction::EqualsInsensitive)
            }
            (None, Case::Sensitive, false) => {
                let equal = ScriptFunction::Compare(Comparison::Equal);
                self.scripted(operand, text, equal)
            }
        }
    }

    fn regex(&mut self, operand: &Operand, text: &Text, case: Case) -> Condition {
        match operand.field() {
            Some(name) => {
                let clause = self.clause(name, text.span);
                let regexp = clause.regexp(&text.value, case, Normalize::No);
                self.tested(regexp)
            }
            None => match JavaRegex::parse(&text.value, case) {
                Ok(regex) => self.scripted(operand, text, ScriptFunction::Matches(regex)),
                Err(error) => self.unsupported(&error.to_string(), text.span),
            },
        }
    }

    fn unsupported(&mut self, message: &str, span: Span) -> Condition {
        self.errors.push(Diagnostic::unsupported("eql-regex", message, span));
        Condition::Const(false)
    }

    /// A script function of an operand and a string.
    fn scripted(&mut self, operand: &Operand, text: &Text, function: ScriptFunction) -> Condition {
        let Fragment { expr, inputs } = match operand {
            Operand::Constant(value) => Fragment::constant(value.clone()),
            Operand::Script(fragment, _) => fragment.clone(),
            // Those are asked of the index.
            Operand::Field(_) | Operand::Missing(_) => {
                return Condition::Test(Predicate::Const(false));
            }
        };
        let mut args = vec![expr];
        if !matches!(function, ScriptFunction::Matches(_)) {
            args.push(Script::Constant(ScriptValue::String(text.value.clone())));
        }
        let expr = Script::Call(function, args);
        if let Operand::Constant(_) = operand {
            return match expr.eval(&[]) {
                Ok(value) => self.folded(&value, text.span),
                Err(_) => Condition::Null,
            };
        }
        Condition::Script(Fragment { expr, inputs }, text.span)
    }
}
