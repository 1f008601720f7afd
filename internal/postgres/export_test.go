package postgres

// For tests with migrations of their own.
var (
	MigrateFiles  = migrate
	CheckVersion  = checkSchema
	Embedded      = migrations
	LatestVersion = latestVersion
)
