// Empty: see goredis.go.
