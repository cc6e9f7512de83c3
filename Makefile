# Every command sets up all that it needs.
.PHONY: run test check format

run:
	@./run

test:
	@./test

check:
	@./check

format:
	@./format
