"""What tests share: stores and files to work with, servers to talk to, references to be held against."""
