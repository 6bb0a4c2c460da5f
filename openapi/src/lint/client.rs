//! What the rules must know of the client.

/// Names that the client's own code has.
#[derive(Clone, Copy, Debug, Default)]
pub struct Client<'a> {
    /// Component schemas whose Rust type is written by hand, so that the generator never
    /// looks at their schema.
    pub hand_written: &'a [&'a str],
    /// Kinds of rows, the values of `x-row-kind`.
    pub row_kinds: &'a [&'a str],
    /// Methods of the client, beside those that the operations become.
    pub methods: &'a [&'a str],
    /// Types that the code of requests uses, beside those that the operations become.
    pub builders: &'a [&'a str],
    /// Methods of a request, and variables in them, beside those that the parameters become.
    pub builder_methods: &'a [&'a str],
    /// Types that the code of schemas uses, beside those that the schemas become.
    pub types: &'a [&'a str],
}
