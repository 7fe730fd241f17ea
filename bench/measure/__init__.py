"""What bench/compare runs. Start reading at __main__."""
