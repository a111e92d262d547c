module writ.example/ask

go 1.19
