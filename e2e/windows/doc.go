// Package windows runs the program of Windows under Wine: its service commands,
// NSSM, and the installer. What Wine cannot show is listed in docs/windows.md.
package windows
