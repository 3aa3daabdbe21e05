package report

// ReadRecordedUpTo is ReadRecorded with another bound than MaxRecorded.
var ReadRecordedUpTo = readRecorded
