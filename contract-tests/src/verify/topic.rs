//! What findings rest on.

/// Something that a check takes for granted, because another check judges it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// The HTTP status of the response of this number.
    Status(usize),
    /// The HTTP status of any response.
    Statuses,
    /// That its body can be used for what was asked.
    Body(usize),
    /// That its envelope, or an object in it, has the members of the contract at all.
    Shape(usize, String),
    /// That the member at this place of its body is called as in the contract.
    Name(usize, String),
    /// That the client can read it.
    Response(usize),
    /// A member of the row with this id.
    Member(i64, String),
    /// The row with this id is listed.
    Row(i64),
    /// Rows can be told apart by their ids.
    Ids,
    /// This parameter filters.
    Filter(String),
    /// A page has as many rows as were asked for.
    Sizes,
    /// Totals are those of the rows.
    Totals,
    /// A page has the rows that belong on it.
    Pages,
    /// The first page is page 1.
    Origin,
}

impl Topic {
    /// The name of the rule by which a finding follows from what breaks the topic.
    pub(super) fn rule(&self) -> &'static str {
        match self {
            Self::Status(_) | Self::Statuses | Self::Body(_) | Self::Response(_) => {
                "unusable-response"
            }
            Self::Shape(..) => "shared-cause",
            Self::Name(..) => "renamed-member",
            Self::Member(..) => "damaged-row",
            Self::Ids => "damaged-ids",
            Self::Row(_) => "unlisted-row",
            Self::Filter(_) => "broken-filter",
            Self::Sizes | Self::Totals | Self::Pages | Self::Origin => "unreliable-pages",
        }
    }
}
