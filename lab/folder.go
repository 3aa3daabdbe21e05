package lab

// Folder returns the folder in which the running labs of this user are listed, and makes it if need be. Only the user can
// write to it, so what other commands are to find of a lab can be kept there too.
func Folder() (string, error) { return labsDir("") }
