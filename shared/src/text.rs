//! Values that cross the wire as the text a person would type.

/// Reads and writes a type by its `FromStr` and `Display`, and says so in the API's description.
macro_rules! as_text {
    ($type:ty, $schema:expr) => {
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                <String as serde::Deserialize>::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::PartialSchema for $type {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                let text = utoipa::openapi::schema::Type::String;
                let describe: fn(utoipa::openapi::ObjectBuilder) -> utoipa::openapi::ObjectBuilder = $schema;
                describe(utoipa::openapi::ObjectBuilder::new().schema_type(text)).into()
            }
        }

        #[cfg(feature = "openapi")]
        impl utoipa::ToSchema for $type {}
    };
}

pub(crate) use as_text;
