//! What each change means: one table.

use super::compare::{Difference, Found, Step, TEXT};

/// What a change means for those that it concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Only what people read has changed.
    Text,
    /// What worked goes on working.
    Compatible,
    /// What worked may no longer work.
    Breaking,
}

/// Who sends what a schema describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Request,
    Response,
}

/// What a node of the description is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Text,
    Operation,
    Path,
    RowKind,
    Security,
    Parameter,
    RequiredParameter,
    ParameterRequired,
    Argument,
    Style,
    RequestBody,
    Success,
    Refusal,
    Header,
    MediaType,
    Schema,
    Type,
    Member,
    RequiredMember,
    MemberRequired,
    Nullable,
    NullableOption,
    Value,
    ClosedValue,
    Closed,
    Labels,
    Bound,
    Unknown,
}

/// What happened to it, without what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Added,
    Removed,
    Renamed,
    Any,
}

/// What a change means for callers of the Rust crate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Callers {
    Text,
    Compatible,
    /// Code that uses it does not compile any more.
    Compile,
    /// Code that uses it may compile, and does something else.
    Behaviour,
}

/// A row of the table. The first that fits holds.
pub(super) struct Rule {
    node: Node,
    what: What,
    direction: Option<Direction>,
    pub(super) callers: Callers,
    /// Whether an OCP that conformed may no longer do so.
    pub(super) stricter: bool,
    pub(super) why: &'static str,
}

const fn rule(
    node: Node,
    what: What,
    direction: Option<Direction>,
    callers: Callers,
    stricter: bool,
    why: &'static str,
) -> Rule {
    Rule {
        node,
        what,
        direction,
        callers,
        stricter,
        why,
    }
}

const IN: Option<Direction> = Some(Direction::Response);
const OUT: Option<Direction> = Some(Direction::Request);
/// An OCP that conformed may no longer do so.
const STRICTER: bool = true;

/// The table.
#[rustfmt::skip]
pub(super) static RULES: &[Rule] = {
    use Callers::{Behaviour, Compatible, Compile};
    use Node::*;
    use What::{Added, Any, Removed, Renamed};
    &[
        rule(Text, Any, None, Callers::Text, !STRICTER, "it is for people"),
        rule(Operation, Added, None, Compatible, !STRICTER, "a new method; an OCP need not offer it"),
        rule(Operation, Any, None, Compile, !STRICTER, "its method and its builder are gone"),
        rule(Path, Any, None, Behaviour, STRICTER, "requests go elsewhere"),
        rule(RowKind, Added, None, Compatible, !STRICTER, "rows and builder get more methods"),
        rule(RowKind, Any, None, Compile, !STRICTER, "rows and builder lose methods"),
        rule(Security, Any, None, Behaviour, STRICTER, "credentials are sent in another way"),
        rule(Parameter, Added, None, Compatible, STRICTER, "the builder gets a method; an OCP must take the parameter"),
        rule(RequiredParameter, Added, None, Behaviour, STRICTER, "`send` refuses to go without it"),
        rule(Parameter, Removed, None, Compile, !STRICTER, "the builder loses a method"),
        rule(Parameter, Renamed, None, Behaviour, STRICTER, "requests send it in another way"),
        rule(ParameterRequired, Added, None, Behaviour, !STRICTER, "`send` refuses to go without it"),
        rule(ParameterRequired, Any, None, Compatible, STRICTER, "an OCP must take requests without it"),
        rule(Argument, Any, None, Compile, !STRICTER, "the builder's method has another name"),
        rule(Style, Any, None, Behaviour, STRICTER, "its values are written in another way"),
        rule(RequestBody, Any, None, Behaviour, STRICTER, "requests have another body"),
        rule(Success, Any, None, Behaviour, STRICTER, "another response is a success"),
        rule(Refusal, Added, None, Compatible, !STRICTER, "the client reads a failure under any status"),
        rule(Refusal, Any, None, Behaviour, STRICTER, "a response with this status contradicts the contract"),
        rule(Header, Any, None, Behaviour, STRICTER, "responses have other headers"),
        rule(MediaType, Any, None, Behaviour, STRICTER, "bodies are written in another way"),
        rule(Schema, Added, None, Compatible, !STRICTER, "a new type"),
        rule(Schema, Any, None, Compile, !STRICTER, "its type is gone"),
        rule(Type, Any, None, Behaviour, STRICTER, "its Rust type is another"),
        rule(Member, Added, IN, Compatible, STRICTER, "a new field, which is checked from now on"),
        rule(Member, Added, OUT, Compatible, STRICTER, "a new field, which an OCP must take"),
        rule(RequiredMember, Added, None, Behaviour, STRICTER, "what lacks it is refused"),
        rule(Member, Removed, None, Compile, !STRICTER, "its field is gone"),
        rule(Member, Renamed, None, Compile, STRICTER, "its field has another name"),
        rule(MemberRequired, Added, IN, Compile, STRICTER, "its field is no `Option` any more, and what lacks it is refused"),
        rule(MemberRequired, Added, OUT, Compile, !STRICTER, "its field is no `Option` any more"),
        rule(MemberRequired, Any, IN, Compile, !STRICTER, "its field becomes an `Option`"),
        rule(MemberRequired, Any, OUT, Compile, STRICTER, "its field becomes an `Option`, and an OCP must take requests without it"),
        rule(NullableOption, Added, IN, Compatible, !STRICTER, "its field is an `Option` already"),
        rule(NullableOption, Any, IN, Compatible, STRICTER, "its field is an `Option` still; null is refused"),
        rule(Nullable, Added, IN, Behaviour, !STRICTER, "it becomes an `Option`"),
        rule(Nullable, Any, None, Behaviour, STRICTER, "it becomes an `Option`, or is none any more"),
        rule(NullableOption, Any, None, Behaviour, STRICTER, "null may be sent, or no longer"),
        rule(Value, Added, IN, Compatible, !STRICTER, "a new variant of an open enum"),
        rule(Value, Added, OUT, Compatible, STRICTER, "a new variant of an open enum, which an OCP must take"),
        rule(ClosedValue, Added, IN, Compile, !STRICTER, "a `match` on all variants lacks it"),
        rule(ClosedValue, Added, OUT, Compile, STRICTER, "a `match` on all variants lacks it, and an OCP must take it"),
        rule(Value, Any, IN, Compile, STRICTER, "its variant is gone"),
        rule(Value, Any, OUT, Compile, !STRICTER, "its variant is gone"),
        rule(Closed, Added, IN, Compile, STRICTER, "the enum has no variant for other values any more"),
        rule(Closed, Added, OUT, Compile, !STRICTER, "the enum has no variant for other values any more"),
        rule(Closed, Any, IN, Compile, !STRICTER, "the enum gets a variant for other values"),
        rule(Closed, Any, OUT, Compile, STRICTER, "the enum gets a variant for other values"),
        rule(Labels, Added, None, Compatible, !STRICTER, "`filter_label` returns more"),
        rule(Labels, Any, None, Behaviour, !STRICTER, "`filter_label` returns another value"),
        rule(Bound, Removed, IN, Behaviour, !STRICTER, "it takes other values, or has another Rust type"),
        rule(Bound, Added, OUT, Behaviour, !STRICTER, "it takes other values, or has another Rust type"),
        rule(Bound, Any, None, Behaviour, STRICTER, "it takes other values, or has another Rust type"),
        rule(Unknown, Any, None, Behaviour, STRICTER, "no rule knows what this changes"),
    ]
};

/// Keywords that limit the values of a type.
const BOUNDS: [&str; 12] = [
    "default",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "multipleOf",
    "pattern",
    "uniqueItems",
];

/// The rule for a change, in a direction.
pub(super) fn rule_of(found: &Found<'_>, direction: Direction) -> &'static Rule {
    let (node, what) = (node(found), what(found));
    let fits = |rule: &&Rule| {
        rule.node == node
            && (rule.what == What::Any || rule.what == what)
            && rule.direction.is_none_or(|one| one == direction)
    };
    // The last row of the table stands for what no other row fits.
    RULES.iter().find(fits).unwrap_or(&RULES[RULES.len() - 1])
}

fn what(found: &Found<'_>) -> What {
    match &found.difference {
        Difference::Added => What::Added,
        Difference::Removed => What::Removed,
        Difference::Renamed(_) => What::Renamed,
        // What is closed, and was not, got a limit.
        Difference::Changed(_, new) if *new == true => What::Added,
        Difference::Changed(..) => What::Any,
    }
}

fn node(found: &Found<'_>) -> Node {
    let steps = found.path.iter().map(|step| match step {
        Step::Key(key) => key.as_str(),
        Step::Name(_) => "*",
    });
    let steps: Vec<&str> = steps.collect();
    let comes = found.difference == Difference::Added;
    let is_required = found.node.get("required").is_some() && comes;
    let name = match found.path.last() {
        Some(Step::Name(name)) => name.as_str(),
        _ => "",
    };
    match steps.as_slice() {
        [.., key] if TEXT.contains(key) => Node::Text,
        ["security" | "securitySchemes", ..] | ["operations", "*", "security"] => Node::Security,
        ["operations", "*"] => Node::Operation,
        ["operations", "*", "path" | "method"] => Node::Path,
        ["operations", "*", "x-row-kind"] => Node::RowKind,
        ["operations", "*", "parameters", "*"] if is_required => Node::RequiredParameter,
        ["operations", "*", "parameters", "*"] => Node::Parameter,
        ["operations", "*", "parameters", "*", "required"] => Node::ParameterRequired,
        ["operations", "*", "parameters", "*", "x-argument"] => Node::Argument,
        ["operations", "*", "parameters", "*", key, ..] if *key != "schema" => Node::Style,
        ["operations", "*", "responses", "*"] if name.starts_with('2') => Node::Success,
        ["operations", "*", "responses", "*"] => Node::Refusal,
        ["headers", ..] | ["operations", "*", "responses", "*", "headers", ..] => Node::Header,
        ["operations", "*", .., "content"] | ["operations", "*", .., "content", "*"] => {
            Node::MediaType
        }
        ["operations", "*", "requestBody"] | ["operations", "*", "requestBody", "required"] => {
            Node::RequestBody
        }
        ["schemas", "*"] => Node::Schema,
        [
            ..,
            "$ref" | "type" | "items" | "anyOf" | "oneOf" | "allOf" | "additionalProperties",
        ] => Node::Type,
        [.., "members", "*"] if is_required => Node::RequiredMember,
        [.., "members", "*"] => Node::Member,
        [.., "members", "*", "required"] => Node::MemberRequired,
        [.., "members", "*", "nullable"] if found.holder.get("required").is_none() => {
            Node::NullableOption
        }
        [.., "nullable"] => Node::Nullable,
        [.., "values", "*"] if comes && found.node["closed"] == true => Node::ClosedValue,
        [.., "values", "*"] => Node::Value,
        [.., "closed"] => Node::Closed,
        [.., "x-filter-labels"] | [.., "x-filter-labels", "*"] => Node::Labels,
        [.., key] if BOUNDS.contains(key) => Node::Bound,
        _ => Node::Unknown,
    }
}

impl Rule {
    /// What it means for callers of the Rust crate.
    pub(super) fn class(&self) -> Class {
        match self.callers {
            Callers::Text => Class::Text,
            Callers::Compatible => Class::Compatible,
            Callers::Compile | Callers::Behaviour => Class::Breaking,
        }
    }
}
