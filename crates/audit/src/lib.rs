//! The room `audit` of tokumei.
